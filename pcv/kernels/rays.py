"""The loop of rays over boxes that are turned about the vertical."""

import numba
import numpy as np


@numba.njit(cache=True)
def cast_boxes(eye, rays, boxes, distance, hit, side):
    """Find what each ray meets first, from outside.

    Args:
        eye: (3,) where all rays start, z up.
        rays: (n, 3); a distance is counted in their lengths.
        boxes: (K, 8) centre (3), half sizes (3), cosine and sine of the turn about z.
        distance: (n,) float64, written; infinite where a ray meets nothing.
        hit: (n,) int32, written: number of the box, -1 for none.
        side: (n,) int8, written: axis of the face that is met, of the box's own axes.
    """
    for i in range(len(rays)):
        distance[i], hit[i], side[i] = np.inf, -1, 0
        for k in range(len(boxes)):
            enter, axis = _enter(eye, rays[i], boxes[k])
            if 0 < enter < distance[i]:
                distance[i], hit[i], side[i] = enter, k, axis


@numba.njit(cache=True)
def _enter(eye, ray, box):
    """Where a ray enters a box, and through which axis' face; infinite where it misses."""
    c, s = box[6], box[7]
    ox, oy, oz = eye[0] - box[0], eye[1] - box[1], eye[2] - box[2]
    origin = (c * ox + s * oy, c * oy - s * ox, oz)
    towards = (c * ray[0] + s * ray[1], c * ray[1] - s * ray[0], ray[2])
    enter, leave, axis = -np.inf, np.inf, 0
    for a in range(3):
        half = box[3 + a]
        if abs(towards[a]) < 1e-12:
            if abs(origin[a]) > half:
                return np.inf, 0
            continue
        near = (-half - origin[a]) / towards[a]
        far = (half - origin[a]) / towards[a]
        if near > far:
            near, far = far, near
        if near > enter:
            enter, axis = near, a
        leave = min(leave, far)
    if enter >= leave:
        return np.inf, 0
    return enter, axis
