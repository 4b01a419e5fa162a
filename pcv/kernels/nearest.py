"""Nearest points of each query, by insertion."""

from __future__ import annotations

import numba


@numba.njit(parallel=True, cache=True)
def scan_all(points, queries, index, distance):
    """Run ``scan``, a cloud a task."""
    for b in numba.prange(len(points)):
        scan(points[b], queries[b], index[b], distance[b])


@numba.njit(cache=True)
def scan(points, queries, index, distance):
    """Fill ``index`` and squared ``distance`` (M, K), the latter infinite before."""
    count = index.shape[1]
    for i in range(len(queries)):
        x, y, z = queries[i]
        best, which = distance[i], index[i]
        for j in range(len(points)):
            dx, dy, dz = points[j, 0] - x, points[j, 1] - y, points[j, 2] - z
            d = dx * dx + dy * dy + dz * dz
            if not d < best[count - 1]:
                continue
            k = count - 1
            while k > 0 and d < best[k - 1]:
                best[k], which[k] = best[k - 1], which[k - 1]
                k -= 1
            best[k], which[k] = d, j
