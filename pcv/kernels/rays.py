"""Casting rays at rectangles."""

import numba
import numpy as np


@numba.njit(cache=True)
def cast_rectangles(eye, rays, rectangles, distance, hit, position):
    """Find the rectangle that each ray meets first.

    Args:
        eye: (3,) where all rays start.
        rays: (n, 3) directions; distances along a ray are multiples of its length.
        rectangles: (K, 3, 3) a corner and two sides, which are at right angles.
        distance: (n,) float64, written; infinite where a ray meets nothing.
        hit: (n,) int32, written: number of the rectangle, -1 for none.
        position: (n, 2) float64, written: where the rectangle is met, in lengths of its two sides.
    """
    count = len(rectangles)
    normal = np.empty((count, 3))
    ahead = np.empty(count)  # from the eye to the plane, along the normal
    for k in range(count):
        normal[k] = np.cross(rectangles[k, 1], rectangles[k, 2])
        ahead[k] = (normal[k] * (rectangles[k, 0] - eye)).sum()
    for i in range(len(rays)):
        distance[i], hit[i] = np.inf, -1
        x, y, z = rays[i]
        for k in range(count):
            slope = normal[k, 0] * x + normal[k, 1] * y + normal[k, 2] * z
            if slope == 0:
                continue
            d = ahead[k] / slope
            if not 0 < d < distance[i]:
                continue
            at = (
                eye[0] + d * x - rectangles[k, 0, 0],
                eye[1] + d * y - rectangles[k, 0, 1],
                eye[2] + d * z - rectangles[k, 0, 2],
            )
            u, v = _along(at, rectangles[k, 1]), _along(at, rectangles[k, 2])
            if 0 <= u <= 1 and 0 <= v <= 1:
                distance[i], hit[i], position[i, 0], position[i, 1] = d, k, u, v


@numba.njit(cache=True)
def _along(at, side):
    """Return how far a position lies along a side, in lengths of the side."""
    across = at[0] * side[0] + at[1] * side[1] + at[2] * side[2]
    return across / (side[0] * side[0] + side[1] * side[1] + side[2] * side[2])
