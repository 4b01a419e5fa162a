"""The loops of farthest point sampling on the CPU: exact, and pruned by boxes.

A k-d order puts points that lie together into blocks, and blocks into groups. Each block and group
has a bounding box, the largest distance of its points to the points chosen, and the lowest index
that has this distance. Where the box is no closer to the new point than this distance, nothing in
the block changes: rounding is monotone, so skipping it is exact.

The form of the inner loops makes them fast; each of these choices was measured: arrays that are
created with one dimension (a row of a larger array is read by gathers), maxima of integers (maxima
of floats are not turned into vectors), and loops whose length the compiler does not know (a known
length is unrolled before it can become vectors).
"""

from __future__ import annotations

import numba
import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

BLOCK = 64  # points whose distances are updated at once
GROUP = 16  # blocks whose boxes are tested at once
SPAN = BLOCK * GROUP
# No NaN comes in, and the sign of zero does not matter: so minima become vectors. Sums are computed
# as written, so that every device rounds alike.
FAST = {"nnan", "nsz"}
NOBODY = np.int32(2**31 - 1)  # above every index
LEAST = np.int32(-(2**31))
ZERO = np.float32(0)
Index = np.uintp  # an unsigned index needs no check for being negative


@intrinsic
def _bits(typing, value):
    """Return a float32's bits as int32; they have the floats' order where none is negative."""

    def bitcast(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], ir.IntType(32))

    return types.int32(types.float32), bitcast


@numba.njit(parallel=True, cache=True)
def choose_all(clouds, chosen):
    """Fill ``chosen`` (B, K) for the clouds (B, N, 3) in parallel, one task per cloud."""
    for b in numba.prange(len(clouds)):
        choose(clouds[b], chosen[b])


@numba.njit(cache=True)
def choose(points, chosen):
    """Fill ``chosen`` (K,) with the first K of the farthest-point order of finite points (N, 3)."""
    cells = _sort_into_blocks(points)
    boxes = _block_boxes(cells, len(points))
    groups = _group_boxes(boxes)
    reach = np.full(len(cells[3]), np.float32(-1), np.float32)  # padding never wins
    reach[: len(points)] = np.inf
    top = np.full(len(boxes[0]), np.float32(-1), np.float32)
    top[: (len(points) + BLOCK - 1) // BLOCK] = np.inf
    group_top = np.full(len(groups[0]), np.float32(np.inf), np.float32)
    _choose(points, chosen, cells, boxes, groups, (reach, top, group_top), (BLOCK, GROUP))


@numba.njit(cache=True, fastmath=FAST)
def _choose(points, chosen, cells, boxes, groups, reached, sizes):
    reach, top, group_top = reached
    bits, top_bits, group_bits = reach.view(np.int32), top.view(np.int32), group_top.view(np.int32)
    first_of = np.full(len(top), NOBODY, np.int32)  # lowest index at the top distance of each block
    first_in = np.full(len(group_top), NOBODY, np.int32)  # and of each group
    away = np.empty(len(group_top), np.float32)
    block, group, count = Index(sizes[0]), Index(sizes[1]), Index(len(group_top))
    last = Index(0)
    for step in range(len(chosen)):
        chosen[step] = last
        new = points[last, 0], points[last, 1], points[last, 2]
        for g in range(count):
            away[g] = _away(groups, g, new)
        for g in range(count):
            if away[g] >= group_top[g]:
                continue
            begin, end = g * group, (g + Index(1)) * group
            for b in range(begin, end):
                if _away(boxes, b, new) < top[b]:
                    s, e = b * block, (b + Index(1)) * block
                    top_bits[b] = _update(cells, reach, s, e, new)
                    first_of[b] = _lowest(cells[3], bits, s, e, top_bits[b])
            group_bits[g] = _highest(top_bits, begin, end)
            first_in[g] = _lowest(first_of, top_bits, begin, end, group_bits[g])
        best = _highest(group_bits, Index(0), count)
        last = Index(_lowest(first_in, group_bits, Index(0), count, best))


@numba.njit(cache=True)
def _sort_into_blocks(points):
    """Return coordinates and indices, halved along the widest axis until only blocks are left."""
    count = len(points)
    padded = (count + SPAN - 1) // SPAN * SPAN
    x, y = np.empty(padded, np.float32), np.empty(padded, np.float32)
    z = np.empty(padded, np.float32)
    index = np.empty(padded, np.int32)
    for i in range(count):
        x[i], y[i], z[i] = points[i, 0], points[i, 1], points[i, 2]
        index[i] = i
    parts = np.empty((64, 2), np.int64)  # parts still to halve: at most one per level, and one more
    parts[0] = 0, count
    left = 1
    while left > 0:
        left -= 1
        first, stop = parts[left]
        size = stop - first
        if size <= BLOCK:
            continue
        unit = SPAN if size > SPAN else BLOCK
        middle = first + max(1, size // (2 * unit)) * unit
        low_x, high_x = _extent(x[first:stop])
        low_y, high_y = _extent(y[first:stop])
        low_z, high_z = _extent(z[first:stop])
        wide_x, wide_y, wide_z = high_x - low_x, high_y - low_y, high_z - low_z
        if wide_x >= wide_y and wide_x >= wide_z:
            _select(x, y, z, index, first, stop, middle)
        elif wide_y >= wide_z:
            _select(y, z, x, index, first, stop, middle)
        else:
            _select(z, x, y, index, first, stop, middle)
        parts[left], parts[left + 1] = (first, middle), (middle, stop)
        left += 2
    return x, y, z, index


@numba.njit(cache=True)
def _select(key, other, third, index, first, stop, middle):
    """Quickselect: no key before ``middle`` exceeds a key from there on. The rest moves along."""
    low, high = first, stop - 1
    while low < high:
        a, b, c = key[low], key[(low + high) // 2], key[high]
        pivot = max(min(a, b), min(max(a, b), c))
        i, j = low, high
        while i <= j:
            while key[i] < pivot:
                i += 1
            while key[j] > pivot:
                j -= 1
            if i <= j:
                key[i], key[j] = key[j], key[i]
                other[i], other[j] = other[j], other[i]
                third[i], third[j] = third[j], third[i]
                index[i], index[j] = index[j], index[i]
                i += 1
                j -= 1
        if middle <= j:
            high = j
        elif middle >= i:
            low = i
        else:
            return


@numba.njit(cache=True)
def _block_boxes(cells, count):
    """Return the lowest and the highest x, y and z (blocks,) of the points of each block.

    Free entries of the last block with points are filled with copies of its first point; a block
    without a point is infinitely far.
    """
    position = cells[0], cells[1], cells[2]
    boxes = _nowhere(len(cells[3]) // BLOCK)
    for axis in range(3):
        for block in range((count + BLOCK - 1) // BLOCK):
            first, stop = block * BLOCK, (block + 1) * BLOCK
            position[axis][min(count, stop) : stop] = position[axis][first]
            boxes[axis][block], boxes[axis + 3][block] = _extent(position[axis][first:stop])
    return boxes


@numba.njit(cache=True)
def _group_boxes(boxes):
    """Return the boxes (groups,) around groups of boxes."""
    groups = _nowhere(len(boxes[0]) // GROUP)
    for axis in range(3):
        for group in range(len(groups[0])):
            first, stop = group * GROUP, (group + 1) * GROUP
            groups[axis][group] = boxes[axis][first:stop].min()
            groups[axis + 3][group] = boxes[axis + 3][first:stop].max()
    return groups


@numba.njit(cache=True)
def _nowhere(count):
    far = np.float32(np.inf)
    return (
        np.full(count, far), np.full(count, far), np.full(count, far),
        np.full(count, -far), np.full(count, -far), np.full(count, -far),
    )  # fmt: skip


@numba.njit(inline="always")
def _away(boxes, b, new):
    """Return the squared distance from the new point to a box."""
    dx = max(ZERO, max(boxes[0][b] - new[0], new[0] - boxes[3][b]))
    dy = max(ZERO, max(boxes[1][b] - new[1], new[1] - boxes[4][b]))
    dz = max(ZERO, max(boxes[2][b] - new[2], new[2] - boxes[5][b]))
    return dx * dx + dy * dy + dz * dz


@numba.njit(inline="always")
def _update(cells, reach, first, stop, new):
    """Lower distances to those from the new point; return the bits of the largest left."""
    x, y, z = cells[0], cells[1], cells[2]
    best = LEAST
    for i in range(first, stop):
        dx, dy, dz = x[i] - new[0], y[i] - new[1], z[i] - new[2]
        nearest = min(reach[i], dx * dx + dy * dy + dz * dz)
        reach[i] = nearest
        best = max(best, _bits(nearest))
    return best


@numba.njit(inline="always")
def _highest(values, first, stop):
    best = LEAST
    for i in range(first, stop):
        best = max(best, values[i])
    return best


@numba.njit(inline="always")
def _lowest(index, values, first, stop, wanted):
    """Return the lowest index whose value is the wanted one."""
    lowest = NOBODY
    for i in range(first, stop):
        lowest = min(lowest, index[i] if values[i] == wanted else NOBODY)
    return lowest


@numba.njit(cache=True, fastmath=FAST)
def _extent(values):
    low, high = values[0], values[0]
    for i in range(len(values)):
        low, high = min(low, values[i]), max(high, values[i])
    return low, high
