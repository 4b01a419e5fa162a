"""The nearest points of each query, kept sorted by insertion."""

from __future__ import annotations

import numba


@numba.njit(parallel=True, cache=True)
def scan_all(points, queries, index, distance):
    """Run ``scan`` in parallel, one task per cloud.

    Args:
        points: (B, N, 3) float32.
        queries: (B, M, 3) float32.
        index: (B, M, K) int64, written.
        distance: (B, M, K) float32, infinite before; squared distances afterwards.
    """
    for b in numba.prange(len(points)):
        scan(points[b], queries[b], index[b], distance[b])


@numba.njit(cache=True)
def scan(points, queries, index, distance):
    """Fill ``index`` (M, K) and the squared ``distance`` (M, K), which is infinite before.

    ``points`` are (N, 3) and ``queries`` (M, 3). Of equal distances the first point wins.
    """
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
