"""A pinhole camera that sees capsules, and how depth sensors measure what it sees."""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray


class PinholeCamera(NamedTuple):
    """The size of the image and the pinhole model, in pixels."""

    width: int
    height: int
    focal: tuple[float, float]  # along x and y
    centre: tuple[float, float]  # x and y


def render_capsules(
    shapes: NDArray[np.float64],  # (n, 7) capsules: both ends (x, y, z) and the radius, metres
    camera: PinholeCamera,
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:  # (H, W) both
    """Cast a ray through every pixel, and return what it meets.

    Returns:
        The depth, in metres along z, infinite where a ray meets nothing; and the number of the
        capsule from 1, or 0.
    """
    depth = np.full((camera.height, camera.width), np.inf, np.float32)
    parts = np.zeros(depth.shape, np.uint8)
    _cast(np.ascontiguousarray(shapes, np.float64), *camera.focal, *camera.centre, depth, parts)
    return depth, parts


def sense_by_disparity(
    exact: NDArray[np.float32],  # (H, W) metres
    rng: np.random.Generator,
) -> NDArray[np.uint16]:  # (H, W) millimetres, 0: none
    """Measure as a Kinect does: disparity in eighths of a pixel, noise, and holes at edges."""
    seen = np.isfinite(exact)
    constant = 0.075 * 580.0 * 8  # baseline, focal and eighths: a step is 3 mm at 1 m, 26 mm at 3 m
    with np.errstate(divide="ignore"):
        disparity = np.where(seen, constant / exact, 0)
    noise = rng.standard_normal(exact.shape, dtype=np.float32) * np.float32(0.35)
    disparity = np.round(disparity + noise)
    jump = np.zeros_like(seen)
    near = np.where(seen, exact, 0)
    jump[:, 1:] |= np.abs(np.diff(near, axis=1)) > 0.15
    jump[1:] |= np.abs(np.diff(near, axis=0)) > 0.15
    lost = jump & (rng.random(exact.shape, dtype=np.float32) < 0.4)
    kept = seen & ~lost & (disparity > 0)
    millimetres = np.zeros(exact.shape, np.uint16)
    millimetres[kept] = np.round(1000 * constant / disparity[kept]).astype(np.uint16)
    return millimetres


def sense_by_time(
    exact: NDArray[np.float32],  # (H, W) metres
    rng: np.random.Generator,
    noise: float = 0.003,
) -> NDArray[np.uint16]:  # (H, W) millimetres, 0: none
    """Measure as a time-of-flight sensor does: millimetres with ``noise`` metres of deviation."""
    seen = np.isfinite(exact)
    depth = np.where(seen, exact, 0)
    depth = depth + rng.standard_normal(exact.shape, dtype=np.float32) * np.float32(noise)
    return np.where(seen, np.round(1000 * depth), 0).clip(0, 65535).astype(np.uint16)


@numba.njit(cache=True)
def _cast(shapes, fx, fy, cx, cy, depth, parts):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, PLR0913
    """Find the nearest capsule along each pixel's ray, which has the direction (dx, dy, 1)."""
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
def _window(low, high, near, far, focal, centre, size):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, PLR0913
    """Return the range of pixels that a box from ``low`` to ``high`` may cover along one axis."""
    first = focal * min(low / near, low / far) + centre
    last = focal * max(high / near, high / far) + centre
    return max(0, int(np.floor(first))), min(size, int(np.ceil(last)) + 1)


@numba.njit(cache=True)
def _hit(dx, dy, a, b, r, bx, by, bz, bb, ba):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, PLR0913
    """Return z where the ray (dx, dy, 1) meets a capsule first; -1 where it misses."""
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
