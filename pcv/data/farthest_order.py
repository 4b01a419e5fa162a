"""Farthest-point order of one cloud: the main cost of preparing a store."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pcv.kernels.farthest_points import choose


def farthest_order(
    points: NDArray[np.float32],  # (n, 3)
    count: int,
) -> NDArray[np.int64]:  # (count,)
    """Order points by farthest point sampling, as ``farthest_points`` defines it.

    It starts at index 0; ties go to the point stored first; squared distances are float32
    ``(dx*dx + dy*dy) + dz*dz``. Where there are fewer points than ``count``, the order is
    repeated from its beginning.

    Raises:
        ValueError: The shape is wrong, there is no point, or a coordinate is not finite.
    """
    if points.ndim != 2 or points.shape[1] != 3 or len(points) == 0 or count < 1:
        raise ValueError(f"expected (n, 3) points and a count, found {points.shape}, {count}")
    points = np.ascontiguousarray(points, dtype=np.float32)
    if not np.isfinite(points).all():
        raise ValueError("a coordinate is not finite")
    chosen = np.empty(count, np.int64)
    distinct = min(count, len(points))
    choose(points, chosen[:distinct])
    for start in range(distinct, count, distinct):
        stop = min(start + distinct, count)
        chosen[start:stop] = chosen[: stop - start]
    return chosen


def scene_order(
    points: NDArray[np.float32],  # (n, 3)
    ordered: int,
) -> NDArray[np.int64]:  # (n,)
    """Put ``ordered`` points first, in farthest-point order; shuffle the others with seed 0.

    A prefix of at most ``ordered`` points has thus an even spacing; beyond, it is a random sample.
    A point at the position of an earlier one is among the shuffled others.
    """
    first = farthest_order(points, min(ordered, len(points)))
    # Once every position is taken, the order repeats itself.
    first = first[np.sort(np.unique(first, return_index=True)[1])]
    left = np.ones(len(points), bool)
    left[first] = False
    return np.concatenate([first, np.random.default_rng(0).permutation(np.flatnonzero(left))])
