"""Connected components of points that lie within a radius: cells first, pairs only between them.

In cells of ``radius / sqrt(3)`` all points of a cell are connected, so that one pair between two
cells joins all of both, however many fell on one spot.
"""

from __future__ import annotations

import numba
import numpy as np


@numba.njit(cache=True)
def join_cells(points, starts, keys, steps, limit, parent):
    """Join cells that hold points of a squared distance of at most ``limit``.

    Points are sorted by cell, and cell ``c`` holds those from ``starts[c]``; ``keys`` ascend, and
    ``steps`` are how far the keys of cells within reach lie. ``parent`` (cells,) ends with roots.
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
