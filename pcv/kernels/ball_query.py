"""The loops of ball query on the CPU: a scan of all points, or a search in a grid of cells.

Both find the same points. A scan tests points in storage order and ends when the slots are full:
nothing beats it in small clouds and in crowded balls. Where scans would be long, points are sorted
into cells at least as wide as the radius, and only cells that the ball's box touches are searched.
"""

from __future__ import annotations

import numba
import numpy as np

BLOCK = 16  # points tested at once: one vector
PROBES = 16  # anchors whose scans tell how long the other scans would be
SHORT = 384  # points that a scan may test before a grid is considered: a search in a grid costs so
SORTING = 24  # points that a scan tests in the time it takes to sort one point into its cell
CELLS = 4  # cells per point at most: bounds a grid's memory, whatever the extent and the radius
RANKED = 32  # up to so many hits are ordered by counting smaller ones; more are marked as bits
ZERO, ONE = np.uint64(0), np.uint64(1)
FEW = np.uint64(4)  # points of a run that are tested without a branch between them
DE_BRUIJN = np.uint64(0x03F79D71B4CB0A89)  # its windows of 6 bits all differ
BIT_INDEX = np.empty(64, np.int64)  # which bit is set in a word with one bit set, by its window
for _bit in range(64):
    BIT_INDEX[(int(DE_BRUIJN) << _bit & (1 << 64) - 1) >> 58] = _bit


@numba.njit(parallel=True, cache=True)
def search_all(points, anchors, limit, found, pieces):
    """Fill ``found`` (B, M, K) in parallel; the anchors of each cloud make ``pieces`` tasks.

    Args:
        points: (B, N, 3) float32.
        anchors: (B, M, 3) float32.
        limit: Squared radius, float32.
        found: (B, M, K) int64, written.
        pieces: Tasks per cloud, at least 1.
    """
    for task in numba.prange(len(points) * pieces):
        b, piece = task // pieces, task % pieces
        rows = len(anchors[b])
        first, last = rows * piece // pieces, rows * (piece + 1) // pieces
        search(points[b], anchors[b, first:last], limit, found[b, first:last])


@numba.njit(cache=True)
def search(points, anchors, limit, found):
    """Fill ``found`` with the first points whose squared distance is below a limit.

    Scans for a few anchors decide whether a grid is built.

    Args:
        points: (N, 3) float32.
        anchors: (M, 3) float32.
        limit: Squared radius, float32.
        found: (M, K) int64, written; -1 in slots left over.
    """
    columns = _columns(points, np.arange(len(points), dtype=np.int32))
    if _scans_suffice(columns, len(points), anchors, limit, found):
        for i in range(len(anchors)):
            _scan(columns, anchors[i], limit, found[i])
        return
    # No point farther away than this along an axis can be inside by float32 arithmetic: the factor
    # covers its rounding, and the smallest normal number covers its underflow.
    reach = np.sqrt(np.float64(limit) + 1.2e-38) * (1 + 1e-6)
    low, scale, shape = _place_grid(points, reach)
    order, start = _sort_into_cells(points, low, scale, shape)
    cells = _columns(points, order)
    order = np.append(order, np.zeros(BLOCK, np.int32))  # read past the last run, but not used
    hits = np.empty(len(order), np.int32)
    bits = np.zeros(len(points) // 64 + 1, np.uint64)
    crowded = 3 * found.shape[1] * len(points)
    for i in range(len(anchors)):
        box = _box(anchors[i], reach, low, scale, shape)
        candidates = _count(box, start, shape)
        # A scan ends after about K N / hits points, and a point costs less in it than in a cell.
        if candidates * candidates > crowded:
            _scan(columns, anchors[i], limit, found[i])
            continue
        total = _gather(cells, order, start, shape, box, anchors[i], limit, hits)
        _keep_first(hits, total, bits, found[i])


@numba.njit(cache=True)
def _columns(points, order):
    """Return one array per axis, padded with points that are never inside."""
    padded = (len(order) + BLOCK - 1) // BLOCK * BLOCK + BLOCK
    far = np.float32(np.inf)
    xs, ys, zs = np.full(padded, far), np.full(padded, far), np.full(padded, far)
    for i in range(len(order)):
        j = order[i]
        xs[i], ys[i], zs[i] = points[j, 0], points[j, 1], points[j, 2]
    return xs, ys, zs


@numba.njit(cache=True)
def _scans_suffice(columns, count, anchors, limit, found):
    rows = len(anchors)
    if rows < 2 * PROBES or count <= SHORT or not limit < np.inf:
        return True
    tested = 0
    for probe in range(PROBES):
        i = rows * probe // PROBES
        tested += _scan(columns, anchors[i], limit, found[i])
    saved = tested / PROBES - SHORT
    return saved * rows < SORTING * count


@numba.njit(cache=True)
def _scan(columns, anchor, limit, slots):
    """Fill one row with the first points inside; return how many points were tested."""
    xs, ys, zs = columns
    x, y, z = anchor[0], anchor[1], anchor[2]
    squared = np.empty(BLOCK, np.float32)
    filled, wanted = 0, len(slots)
    stop = 0
    for start in range(0, len(xs) - BLOCK, BLOCK):
        # Slices instead of offsets, and a length that LLVM does not know: else it makes no vectors.
        stop = start + BLOCK
        xb, yb, zb = xs[start:stop], ys[start:stop], zs[start:stop]
        inside = np.int32(0)
        for j in range(len(xb)):
            dx, dy, dz = xb[j] - x, yb[j] - y, zb[j] - z
            squared[j] = dx * dx + dy * dy + dz * dz
            inside += np.int32(1) if squared[j] < limit else np.int32(0)
        if inside == 0:
            continue
        for j in range(len(xb)):
            if squared[j] < limit and filled < wanted:
                slots[filled] = start + j
                filled += 1
        if filled == wanted:
            break
    slots[filled:] = -1
    return stop


@numba.njit(cache=True)
def _place_grid(points, reach):
    """Return a grid around the finite points: lowest corner, cells per unit, cells per axis."""
    low, high = np.full(3, np.inf), np.full(3, -np.inf)
    for j in range(len(points)):
        x, y, z = points[j, 0], points[j, 1], points[j, 2]
        if np.isfinite(x) and np.isfinite(y) and np.isfinite(z):
            low[0], high[0] = min(low[0], x), max(high[0], x)
            low[1], high[1] = min(low[1], y), max(high[1], y)
            low[2], high[2] = min(low[2], z), max(high[2], z)
    if low[0] > high[0]:
        low[:], high[:] = 0.0, 0.0
    size = reach
    while True:
        cells = np.floor((high - low) / size) + 1
        if cells[0] * cells[1] * cells[2] <= CELLS * len(points):
            break
        size *= 1.25
    return low, 1 / size, cells.astype(np.int64)


@numba.njit(cache=True)
def _cell(value, low, scale, cells):
    """Return the clamped cell of a coordinate along an axis.

    It never falls as the value rises. An exact search needs no more: rounding may put a point into
    the next cell, but never before or behind a box that reaches it.
    """
    return int(min(max((np.float64(value) - low) * scale, 0.0), np.float64(cells - 1)))


@numba.njit(cache=True)
def _sort_into_cells(points, low, scale, shape):
    """Return the finite points in order of their cells, and where each cell starts.

    Within a cell points keep their storage order.
    """
    cell = np.empty(len(points), np.int32)
    start = np.zeros(shape[0] * shape[1] * shape[2] + 2, np.int32)
    total = 0
    for j in range(len(points)):
        x, y, z = points[j, 0], points[j, 1], points[j, 2]
        if not (np.isfinite(x) and np.isfinite(y) and np.isfinite(z)):
            cell[j] = -1
            continue
        c = _cell(z, low[2], scale, shape[2]) * shape[1] + _cell(y, low[1], scale, shape[1])
        cell[j] = c * shape[0] + _cell(x, low[0], scale, shape[0])
        start[cell[j] + 2] += 1
        total += 1
    for c in range(2, len(start)):
        start[c] += start[c - 1]
    order = np.empty(total, np.int32)
    for j in range(len(points)):
        if cell[j] >= 0:
            order[start[cell[j] + 1]] = j
            start[cell[j] + 1] += 1
    return order, start


@numba.njit(cache=True)
def _box(anchor, reach, low, scale, shape):
    """Return the first and last cell within reach along x, y and z.

    No cell is within reach of an anchor that is not finite.
    """
    x, y, z = np.float64(anchor[0]), np.float64(anchor[1]), np.float64(anchor[2])
    if not (np.isfinite(x) and np.isfinite(y) and np.isfinite(z)):
        return 0, -1, 0, -1, 0, -1
    return (
        _cell(x - reach, low[0], scale, shape[0]), _cell(x + reach, low[0], scale, shape[0]),
        _cell(y - reach, low[1], scale, shape[1]), _cell(y + reach, low[1], scale, shape[1]),
        _cell(z - reach, low[2], scale, shape[2]), _cell(z + reach, low[2], scale, shape[2]),
    )  # fmt: skip


@numba.njit(cache=True)
def _count(box, start, shape):
    total = 0
    for cz in range(box[4], box[5] + 1):
        for cy in range(box[2], box[3] + 1):
            row = (cz * shape[1] + cy) * shape[0]
            total += start[row + box[1] + 1] - start[row + box[0]]
    return total


@numba.njit(cache=True)
def _gather(cells, order, start, shape, box, anchor, limit, hits):
    """Collect the points inside, cell by cell; cells next to each other along x are one run.

    There is no branch on a distance, since it would be mispredicted: every point is written as a
    hit, and the next one overwrites it unless it is inside. Counters are unsigned, which saves a
    test for negative indices.
    """
    xs, ys, zs = cells
    x, y, z = anchor[0], anchor[1], anchor[2]
    total = ZERO
    for cz in range(box[4], box[5] + 1):
        for cy in range(box[2], box[3] + 1):
            row = (cz * shape[1] + cy) * shape[0]
            stop = np.uint64(start[row + box[1] + 1])
            for first in range(np.uint64(start[row + box[0]]), stop, FEW):
                for step in range(FEW):
                    i = first + step
                    dx, dy, dz = xs[i] - x, ys[i] - y, zs[i] - z
                    inside = dx * dx + dy * dy + dz * dz < limit
                    hits[total] = order[i]
                    total += ONE if inside & (i < stop) else ZERO
    return int(total)


@numba.njit(cache=True)
def _keep_first(hits, total, bits, slots):
    """Fill ``slots`` with the smallest of ``total`` hits, in order, and -1 in slots left over.

    ``bits`` is all 0 before and after.
    """
    filled = min(total, len(slots))
    if total > RANKED and total * total > 8 * len(bits):
        _mark_and_sweep(hits, total, bits, slots[:filled])
    else:
        for i in range(total):
            rank = np.int32(0)
            for j in range(total):
                rank += np.int32(1) if hits[j] < hits[i] else np.int32(0)
            if rank < filled:
                slots[rank] = hits[i]
    slots[filled:] = -1


@numba.njit(cache=True)
def _mark_and_sweep(hits, total, bits, slots):
    """Put many hits in order by setting one bit per point."""
    for i in range(total):
        bits[hits[i] >> 6] |= ONE << np.uint64(hits[i] & 63)
    filled, word = 0, 0
    while filled < len(slots):
        left = bits[word]
        while left != ZERO and filled < len(slots):
            lowest = left & (~left + ONE)
            slots[filled] = word * 64 + BIT_INDEX[(lowest * DE_BRUIJN) >> np.uint64(58)]
            filled += 1
            left ^= lowest
        word += 1
    bits[:] = ZERO
