"""Nearest points of large clouds: the only file that imports scipy's k-d tree."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def nearest_points(
    points: NDArray[np.floating],  # (n, 3)
    queries: NDArray[np.floating],  # (m, 3)
    count: int = 1,
) -> NDArray[np.int64]:  # (m, count)
    """Return the indices of the nearest points of each query, nearest first.

    Raises:
        ValueError: There are fewer points than ``count``, or ``count`` is 0.
    """
    from scipy.spatial import cKDTree  # takes long to import

    if not 1 <= count <= len(points):
        raise ValueError(f"{count} neighbours among {len(points)} points")
    _, index = cKDTree(points).query(queries, k=[*range(1, count + 1)])
    return np.asarray(index, np.int64)
