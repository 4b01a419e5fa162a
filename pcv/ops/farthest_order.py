"""Farthest-point order of one cloud, exact and pruned: the cost of preparing a store."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

BLOCK = 32  # points whose bounding box is tested at once


def farthest_order(
    points: NDArray[np.float32],  # (n, 3)
    count: int,
) -> NDArray[np.int64]:  # (count,)
    """Order points by farthest point sampling, as ``farthest_points`` defines it.

    Starts at index 0; ties go to the point stored first; squared distances are float32
    ``(dx*dx + dy*dy) + dz*dz``. Where there are fewer points than ``count`` their order is
    repeated from its beginning.

    Points are kept in blocks of neighbours with a bounding box. A block is skipped when its box
    lies no closer to the new point than the block's farthest point to those chosen: rounding is
    monotone, so the skip is exact.

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
    _choose(points, _neighbourhoods(points), chosen[:distinct])
    for start in range(distinct, count, distinct):
        stop = min(start + distinct, count)
        chosen[start:stop] = chosen[: stop - start]
    return chosen


def _neighbourhoods(points: NDArray[np.float32]) -> NDArray[np.int64]:
    """A permutation in which points of one grid cell, and of neighbouring cells, are together."""
    low = points.min(0)
    extent = points.max(0) - low
    cells = max(1.0, (len(points) / BLOCK) ** 0.5)
    size = max(float(np.sqrt(max(extent[0] * extent[1], 1e-12)) / cells), 1e-6)
    cell = np.minimum((points - low) / size, 2047).astype(np.int64)
    snake = np.where(cell[:, 1] % 2 == 0, cell[:, 0], 2047 - cell[:, 0])
    return np.argsort((cell[:, 1] << 22) | (snake << 11) | cell[:, 2], kind="stable")


@numba.njit(cache=True)
def _choose(points, order, chosen):
    total = order.size
    blocks = (total + BLOCK - 1) // BLOCK
    padded = blocks * BLOCK
    x, y, z = (
        np.empty(padded, np.float32),
        np.empty(padded, np.float32),
        np.empty(padded, np.float32),
    )
    # Padding never wins: its reach starts below every real one and only falls.
    reach = np.full(padded, np.float32(-1), np.float32)
    low, high = np.empty((3, blocks), np.float32), np.empty((3, blocks), np.float32)
    for i in range(padded):
        j = order[min(i, total - 1)]
        x[i], y[i], z[i] = points[j, 0], points[j, 1], points[j, 2]
        if i < total:
            reach[i] = np.inf
    for b in range(blocks):
        s, e = b * BLOCK, (b + 1) * BLOCK
        low[0, b], high[0, b] = x[s:e].min(), x[s:e].max()
        low[1, b], high[1, b] = y[s:e].min(), y[s:e].max()
        low[2, b], high[2, b] = z[s:e].min(), z[s:e].max()
    top = np.full(blocks, np.float32(np.inf), np.float32)
    first = np.zeros(blocks, np.int64)
    bound = np.empty(blocks, np.float32)
    zero = np.float32(0)
    last = 0
    for n in range(chosen.size):
        chosen[n] = last
        px, py, pz = points[last, 0], points[last, 1], points[last, 2]
        for b in range(blocks):
            dx = max(zero, max(low[0, b] - px, px - high[0, b]))
            dy = max(zero, max(low[1, b] - py, py - high[1, b]))
            dz = max(zero, max(low[2, b] - pz, pz - high[2, b]))
            bound[b] = dx * dx + dy * dy + dz * dz
        for b in range(blocks):
            if bound[b] >= top[b]:
                continue
            start = b * BLOCK
            for i in range(start, start + BLOCK):
                dx, dy, dz = x[i] - px, y[i] - py, z[i] - pz
                reach[i] = min(reach[i], dx * dx + dy * dy + dz * dz)
            best = np.float32(-1)
            for i in range(start, start + BLOCK):
                best = max(best, reach[i])
            top[b] = best
            first[b] = total
            for i in range(start, min(start + BLOCK, total)):
                if reach[i] == best and order[i] < first[b]:
                    first[b] = order[i]
        best, last = top[0], first[0]
        for b in range(1, blocks):
            if top[b] > best or (top[b] == best and first[b] < last):
                best, last = top[b], first[b]
