"""Points to the integers that a store keeps, in one pass over them."""

from __future__ import annotations

import numba
import numpy as np

MOST = 2.0**15 - 1  # of an int16


@numba.njit(cache=True)
def extent(points, low, high, total):
    """Lower ``low``, raise ``high`` and add to ``total`` (3,) float64; points (n, 3) float32."""
    for i in range(len(points)):
        for axis in range(3):
            value = np.float64(points[i, axis])
            low[axis] = min(low[axis], value)
            high[axis] = max(high[axis], value)
            total[axis] += value


@numba.njit(cache=True)
def quantise(points, origin, step, values, whole):
    """Fill ``values`` (n, 3) int16 and ``whole``, the same as float32, with steps from the origin.

    Returns:
        The largest distance from the origin along an axis, metres; NaN where one is not finite.
        Beyond ``MOST`` steps the values are not filled.
    """
    reach = 0.0
    for i in range(len(points)):
        for axis in range(3):
            offset = np.float64(points[i, axis]) - origin[axis]
            if not np.isfinite(offset):
                return np.nan
            reach = max(reach, abs(offset))
            count = np.rint(offset / step)
            if abs(count) <= MOST:
                values[i, axis] = np.int16(count)
                whole[i, axis] = np.float32(count)
    return reach
