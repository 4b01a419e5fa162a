"""Depth images to points."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

# Headers that say more are damaged: nothing of that size is ever allocated.
MOST_FRAMES = 100_000  # an hour at 30 Hz
MOST_PIXELS = 4096 * 4096


def back_project(
    depth: NDArray[np.generic],  # (H, W)
    *,
    focal: tuple[float, float],
    centre: tuple[float, float],
    unit: float,
) -> NDArray[np.float32]:  # (n, 3)
    """Turn every foreground pixel into a point, in row-major order.

    ``x = (column - cx) / fx * d``, ``y = (row - cy) / fy * d``, ``z = d``, with pixels counted
    from 0 and ``d = unit * depth``: x right, y down, z forward. Pixels of 0, NaN, infinity or
    negative depth are background.

    Args:
        depth: Any real type.
        focal: fx and fy, pixels.
        centre: cx and cy, pixels.
        unit: Metres a unit of depth.
    """
    image = np.ascontiguousarray(depth)
    if image.dtype.kind not in "fui":
        raise ValueError(f"depth must be numbers, found {image.dtype}")
    image = image.astype(np.float64) if image.dtype.kind == "f" else image
    out = np.empty((image.size, 3), np.float32)
    count = _fill(image, focal[0], focal[1], centre[0], centre[1], unit, out)
    return out[:count].copy()


@numba.njit(cache=True)
def _fill(image, fx, fy, cx, cy, unit, out):
    count = 0
    for row in range(image.shape[0]):
        for column in range(image.shape[1]):
            value = np.float64(image[row, column])
            if not (value > 0 and value < np.inf):
                continue
            d = value * unit
            out[count, 0] = (column - cx) / fx * d
            out[count, 1] = (row - cy) / fy * d
            out[count, 2] = d
            count += 1
    return count
