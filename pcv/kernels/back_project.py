"""Depth images to points."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray


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
        unit: Metres per unit of depth.
    """
    if depth.dtype.kind not in "fui":
        raise ValueError(f"depth must be numbers, found {depth.dtype}")
    image = depth.astype(np.float64) if depth.dtype.kind == "f" else depth
    camera = focal[0], focal[1], centre[0], centre[1], unit
    if image.flags.f_contiguous and not image.flags.c_contiguous:  # as MATLAB stores images
        return _fill_by_columns(image, camera)
    return _fill(np.ascontiguousarray(image), camera)


@numba.njit(cache=True)
def _fill(image, camera):
    out = np.empty((image.size, 3), np.float32)
    count = 0
    for row in range(image.shape[0]):
        for column in range(image.shape[1]):
            if 0 < image[row, column] < np.inf:
                _write_point(image, row, column, camera, out[count])
                count += 1
    return out[:count].copy()


@numba.njit(cache=True)
def _fill_by_columns(image, camera):
    """Return the same points in the same order, but read the image by columns, as it is stored."""
    begins = np.zeros(image.shape[0] + 1, np.int64)
    for column in range(image.shape[1]):
        for row in range(image.shape[0]):
            begins[row + 1] += 0 < image[row, column] < np.inf
    begins = np.cumsum(begins)
    out = np.empty((begins[-1], 3), np.float32)
    for column in range(image.shape[1]):
        for row in range(image.shape[0]):
            if 0 < image[row, column] < np.inf:
                _write_point(image, row, column, camera, out[begins[row]])
                begins[row] += 1
    return out


@numba.njit(inline="always")
def _write_point(image, row, column, camera, point):
    fx, fy, cx, cy, unit = camera
    d = np.float64(image[row, column]) * unit
    point[0] = (column - cx) / fx * d
    point[1] = (row - cy) / fy * d
    point[2] = d
