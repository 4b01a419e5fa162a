"""The loop of the rays of a camera's pixels over capsules."""

import numba
import numpy as np


@numba.njit(cache=True)
def cast_capsules(shapes, fx, fy, cx, cy, depth, parts):
    """Find the nearest capsule along the ray of every pixel; rays start at the origin.

    Args:
        shapes: (n, 7) capsules: both ends (x, y, z) and the radius, metres.
        fx: Focal length along a row of pixels, in pixels.
        fy: The same along a column.
        cx: Middle of the image along a row, in pixels.
        cy: The same along a column.
        depth: (H, W) float32 metres of z, written where a capsule is nearer than what is there.
        parts: (H, W) uint8, written with it: number of the capsule, from 1.
    """
    for n in range(shapes.shape[0]):
        a, b, r = shapes[n, 0:3], shapes[n, 3:6], shapes[n, 6]
        near = min(a[2], b[2]) - r
        if near <= 0.1:
            continue
        far = max(a[2], b[2]) + r
        low_u, high_u = _window(
            min(a[0], b[0]) - r, max(a[0], b[0]) + r, near, far, fx, cx, depth.shape[1]
        )
        low_v, high_v = _window(
            min(a[1], b[1]) - r, max(a[1], b[1]) + r, near, far, fy, cy, depth.shape[0]
        )
        bx, by, bz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
        bb = bx * bx + by * by + bz * bz
        ba = bx * a[0] + by * a[1] + bz * a[2]
        for v in range(low_v, high_v):
            dy = (v - cy) / fy
            for u in range(low_u, high_u):
                dx = (u - cx) / fx
                t = _hit(dx, dy, a, b, r, bx, by, bz, bb, ba)
                if t > 0 and t < depth[v, u]:
                    depth[v, u] = t
                    parts[v, u] = n + 1


@numba.njit(cache=True)
def _window(low, high, near, far, focal, centre, size):
    """Pixels that a box from ``low`` to ``high`` can cover along one axis."""
    first = focal * min(low / near, low / far) + centre
    last = focal * max(high / near, high / far) + centre
    return max(0, int(np.floor(first))), min(size, int(np.ceil(last)) + 1)


@numba.njit(cache=True)
def _hit(dx, dy, a, b, r, bx, by, bz, bb, ba):
    """Find z of the first point of a capsule on the ray (dx, dy, 1); -1 where it misses."""
    dd = dx * dx + dy * dy + 1
    bd = bx * dx + by * dy + bz
    da = dx * a[0] + dy * a[1] + a[2]
    aa = a[0] * a[0] + a[1] * a[1] + a[2] * a[2]
    best = -1.0
    k2 = bb * dd - bd * bd
    k1 = bd * ba - bb * da
    k0 = bb * aa - ba * ba - r * r * bb
    disc = k1 * k1 - k2 * k0
    if k2 > 1e-12 and disc >= 0:
        t = (-k1 - np.sqrt(disc)) / k2
        s = -ba + t * bd
        if 0 <= s <= bb:
            return t
    for end in range(2):
        c = a if end == 0 else b
        dc = dx * c[0] + dy * c[1] + c[2]
        disc = dc * dc - dd * (c[0] * c[0] + c[1] * c[1] + c[2] * c[2] - r * r)
        if disc >= 0:
            t = (dc - np.sqrt(disc)) / dd
            if t > 0 and (best < 0 or t < best):
                best = t
    return best
