"""Connected components of points within a radius of each other, found through cells.

In a cell of side ``radius / sqrt(3)`` all points are connected. Therefore only pairs of points in
different cells are tested, and one pair joins two cells, however many points lie on one spot.
"""

from __future__ import annotations

import numba
import numpy as np


@numba.njit(cache=True)
def join_cells(points, starts, keys, steps, limit, parent):
    """Join two cells where a squared distance between their points is at most ``limit``.

    Args:
        points: (N, 3) float64, sorted by cell.
        starts: (cells + 1,) int64; cell ``c`` holds the points ``starts[c]`` to ``starts[c + 1]``.
        keys: (cells,) int64, number of each cell in the grid, ascending.
        steps: (S,) int64, differences between the keys of a cell and of the cells within reach.
        limit: Squared radius.
        parent: (cells,) int64, each cell itself before; the root of its component afterwards.
    """
    for a in range(len(keys)):
        for step in steps:
            b = np.searchsorted(keys, keys[a] + step)
            if b == len(keys) or keys[b] != keys[a] + step:
                continue
            first, second = _root(parent, a), _root(parent, b)
            if first != second and _near(points, starts, a, b, limit):
                parent[max(first, second)] = min(first, second)
    for a in range(len(keys)):
        parent[a] = _root(parent, a)


@numba.njit(cache=True)
def _root(parent, a):
    while parent[a] != a:
        parent[a] = parent[parent[a]]
        a = parent[a]
    return a


@numba.njit(cache=True)
def _near(points, starts, a, b, limit):
    for i in range(starts[a], starts[a + 1]):
        for j in range(starts[b], starts[b + 1]):
            x, y, z = points[i] - points[j]
            if x * x + y * y + z * z <= limit:
                return True
    return False
