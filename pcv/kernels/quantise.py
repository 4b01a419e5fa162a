"""Turning points into the integers that a store keeps, in one pass over them."""

from __future__ import annotations

import numba
import numpy as np

MOST = 2.0**15 - 1  # the largest int16


@numba.njit(cache=True)
def extent(points, low, high, total):
    """Update the bounds and the sum of points that were seen before.

    Args:
        points: (n, 3) float32.
        low: (3,) float64, lowered to the points.
        high: (3,) float64, raised to the points.
        total: (3,) float64, the points are added to it.
    """
    for i in range(len(points)):
        for axis in range(3):
            value = np.float64(points[i, axis])
            low[axis] = min(low[axis], value)
            high[axis] = max(high[axis], value)
            total[axis] += value


@numba.njit(cache=True)
def quantise(points, origin, step, values, whole):
    """Count the steps from the origin to each coordinate, rounded to whole numbers.

    Args:
        points: (n, 3) float32, metres.
        origin: (3,) float64, metres.
        step: Metres per step.
        values: (n, 3) int16, written; left as it is beyond ``MOST`` steps.
        whole: (n, 3) float32, written; the same numbers.

    Returns:
        The largest distance from the origin along an axis, metres; NaN where a coordinate is not
        finite.
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
