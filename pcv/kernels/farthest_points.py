"""The loops of farthest point sampling on the CPU: exact, and pruned by boxes.

A k-d order puts points that lie together into blocks, and blocks into groups. Each has a bounding
box and the largest distance of its points to those chosen. Where the box lies no closer to the new
point than that, nothing in it changes: rounding is monotone, so the skip is exact.
"""

from __future__ import annotations

import numba
import numpy as np

BLOCK = 64  # points whose distances are updated at once
GROUP = 16  # blocks whose boxes are tested at once
SPAN = BLOCK * GROUP
# No NaN comes in, and the sign of zero is not looked at: maxima become vectors. Sums stay as
# written, so that every device rounds alike.
FAST = {"nnan", "nsz"}


@numba.njit(parallel=True, cache=True)
def choose_all(clouds, chosen):
    """Fill ``chosen`` (B, K), a cloud (N, 3) a task."""
    for b in numba.prange(len(clouds)):
        choose(clouds[b], chosen[b])


@numba.njit(cache=True)
def choose(points, chosen):
    """Fill ``chosen`` (K,) with the first of the order of points (N, 3), all of them finite."""
    cells = _sort_into_blocks(points)
    boxes, group_boxes = _boxes(cells, len(points))
    reach, top, group_top = _unreached(len(points), len(cells[3]))
    away, group_away = np.empty(GROUP, np.float32), np.empty(len(group_top), np.float32)
    first_of = np.full(len(top), np.int32(-1), np.int32)
    last = 0
    for step in range(len(chosen)):
        chosen[step] = last
        new = points[last, 0], points[last, 1], points[last, 2]
        _measure(group_boxes, 0, new, group_away)
        for group in range(len(group_top)):
            if group_away[group] < group_top[group]:
                first, stop = group * GROUP, (group + 1) * GROUP
                _measure(boxes, first, new, away)
                _update_blocks(cells, first, new, away, reach, top, first_of)
                group_top[group] = _highest(top[first:stop])
        last = _stored_first(cells[3], reach, top, group_top, first_of)


@numba.njit(cache=True)
def _sort_into_blocks(points):
    """Coordinates and indices, halved along their widest axis until a block is left."""
    count = len(points)
    padded = (count + SPAN - 1) // SPAN * SPAN
    x, y, z = np.empty((3, padded), np.float32)
    index = np.empty(padded, np.int32)
    for i in range(count):
        x[i], y[i], z[i] = points[i, 0], points[i, 1], points[i, 2]
        index[i] = i
    parts = np.empty((64, 2), np.int64)  # those still to halve: never more than halvings deep
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
    """Quickselect: no key before ``middle`` is above one from there on. The rest moves along."""
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
def _boxes(cells, count):
    """Lowest and highest corner (6, blocks) and (6, groups). The last block's free places are
    filled with copies of its first point; blocks without a point have a box infinitely far.
    """
    blocks = len(cells[3]) // BLOCK
    boxes = np.full((6, blocks), np.float32(np.inf))
    boxes[3:] = -np.inf
    groups = np.empty((6, blocks // GROUP), np.float32)
    for axis in range(3):
        values = cells[0] if axis == 0 else cells[1] if axis == 1 else cells[2]
        for block in range((count + BLOCK - 1) // BLOCK):
            first, stop = block * BLOCK, (block + 1) * BLOCK
            values[min(count, stop) : stop] = values[first]
            boxes[axis, block], boxes[axis + 3, block] = _extent(values[first:stop])
        for group in range(len(groups[0])):
            first, stop = group * GROUP, (group + 1) * GROUP
            groups[axis, group] = boxes[axis, first:stop].min()
            groups[axis + 3, group] = boxes[axis + 3, first:stop].max()
    return boxes, groups


@numba.njit(cache=True)
def _unreached(count, padded):
    """Squared distances to the points chosen, of points, blocks and groups: padding never wins."""
    reach = np.full(padded, np.float32(-1), np.float32)
    reach[:count] = np.inf
    top = np.full(padded // BLOCK, np.float32(-1), np.float32)
    top[: (count + BLOCK - 1) // BLOCK] = np.inf
    return reach, top, np.full(padded // SPAN, np.float32(np.inf), np.float32)


@numba.njit(cache=True, fastmath=FAST)
def _measure(boxes, first, new, away):
    """Squared distances from the new point to as many boxes as there is place for."""
    zero = np.float32(0)
    stop = first + len(away)
    lx, ly, lz = boxes[0, first:stop], boxes[1, first:stop], boxes[2, first:stop]
    hx, hy, hz = boxes[3, first:stop], boxes[4, first:stop], boxes[5, first:stop]
    for b in range(len(away)):
        dx = max(zero, max(lx[b] - new[0], new[0] - hx[b]))
        dy = max(zero, max(ly[b] - new[1], new[1] - hy[b]))
        dz = max(zero, max(lz[b] - new[2], new[2] - hz[b]))
        away[b] = dx * dx + dy * dy + dz * dz


@numba.njit(cache=True)
def _update_blocks(cells, first, new, away, reach, top, first_of):
    for block in range(first, first + GROUP):
        if away[block - first] < top[block]:
            s, e = block * BLOCK, (block + 1) * BLOCK
            x, y, z = cells[0][s:e], cells[1][s:e], cells[2][s:e]
            top[block] = _update(x, y, z, new, reach[s:e])
            first_of[block] = -1


@numba.njit(cache=True, fastmath=FAST)
def _update(x, y, z, new, reach):
    best = np.float32(-1)
    for i in range(len(x)):
        dx, dy, dz = x[i] - new[0], y[i] - new[1], z[i] - new[2]
        reach[i] = min(reach[i], dx * dx + dy * dy + dz * dz)
        best = max(best, reach[i])
    return best


@numba.njit(cache=True, fastmath=FAST)
def _highest(values):
    best = values[0]
    for i in range(len(values)):
        best = max(best, values[i])
    return best


@numba.njit(cache=True, fastmath=FAST)
def _extent(values):
    low, high = values[0], values[0]
    for i in range(len(values)):
        low, high = min(low, values[i]), max(high, values[i])
    return low, high


@numba.njit(cache=True)
def _stored_first(index, reach, top, group_top, first_of):
    """Of the farthest points, the one with the lowest index.

    Depth cameras measure in steps, so that ties are common: what was found in a block stays in
    ``first_of`` until the block changes.
    """
    best = _highest(group_top)
    lowest = np.int32(len(index))
    for group in range(len(group_top)):
        if group_top[group] != best:
            continue
        for block in range(group * GROUP, (group + 1) * GROUP):
            if top[block] != best:
                continue
            if first_of[block] < 0:
                s, e = block * BLOCK, (block + 1) * BLOCK
                first_of[block] = _lowest_at(index[s:e], reach[s:e], best)
            lowest = min(lowest, first_of[block])
    return lowest


@numba.njit(cache=True)
def _lowest_at(index, reach, value):
    lowest = np.int32(2**31 - 1)
    for i in range(len(index)):
        lowest = min(lowest, index[i] if reach[i] == value else np.int32(2**31 - 1))
    return lowest
