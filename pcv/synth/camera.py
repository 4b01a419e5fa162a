"""A pinhole camera that sees capsules, and how depth sensors measure what it sees."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pcv.kernels.capsules import cast_capsules


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
    shapes = np.ascontiguousarray(shapes, np.float64)
    cast_capsules(shapes, *camera.focal, *camera.centre, depth, parts)
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
