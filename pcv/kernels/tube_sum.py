"""The loops of ``tube_sum`` on a CPU, forward and backward: both gather rows into three sums.

``weight @ displacement`` is linear, so the displacement matrix leaves the loop over neighbours:
``out[i] = sum_d weight[:, d] * (sum_k offset[d, k] * feature[j_k])``. The gradient of a feature row
is the same sum over the anchors that reached it.

Shapes: points (B, L, N, 3), feature and its gradient (B, L, N, C), anchors (B, A, M, 3), weight
(3, C), frames (A, R), index (B, A, R, M, K), out (B, A, M, R, C), its gradient (B, A M R, C),
gradient of the weight in parts (B L, 3, C).
"""

from __future__ import annotations

import numba
import numpy as np

# Sums may be reordered and contracted; NaN and infinity are still passed on.
FAST = {"contract", "reassoc", "nsz", "arcp"}


@numba.njit(parallel=True, cache=True)
def forward_all(points, feature, anchors, weight, frames, index, out):
    """Run every task of ``forward``, on the same arrays."""
    for task in numba.prange(len(points) * len(frames)):
        forward(task, points, feature, anchors, weight, frames, index, out)


@numba.njit(parallel=True, cache=True)
def backward_all(points, feature, anchors, weight, frames, index, grad, into, into_weight):
    """Run every task of ``backward``, on the same arrays."""
    for task in numba.prange(len(into_weight)):
        backward(task, points, feature, anchors, weight, frames, index, grad, into, into_weight)


@numba.njit(cache=True, fastmath=FAST)
def forward(task, points, feature, anchors, weight, frames, index, out):
    """Fill one anchor frame of one clip in ``out`` (B, A, M, R, C).

    Each anchor gathers from its neighbours.
    """
    b, a = task // len(frames), task % len(frames)
    taps, rows, slots = index.shape[2:]
    near, offset = np.empty(slots, np.int64), np.empty((3, slots), points.dtype)
    total = np.empty(weight.shape, feature.dtype)
    for r in range(taps):
        f = frames[a, r]
        if f < 0:
            out[b, a, :, r] = 0
            continue
        for i in range(rows):
            found = _reach(points[b, f], anchors[b, a, i], index[b, a, r, i], near, offset)
            _gather(total, feature[b, f], near[:found], offset)
            row = out[b, a, i, r]
            for c in range(len(row)):
                along = total[0, c] * weight[0, c] + total[1, c] * weight[1, c]
                row[c] = along + total[2, c] * weight[2, c]


@numba.njit(cache=True, fastmath=FAST)
def backward(task, points, feature, anchors, weight, frames, index, grad, into, into_weight):
    """Fill one frame of one clip in ``into`` (B, L, N, C), and its part of ``into_weight``.

    Each point gathers from the anchors that reached it. Unlike scattering, this writes every row
    once, and always in the same order: two runs give the same bits, whatever the number of threads.
    """
    b, f = task // feature.shape[1], task % feature.shape[1]
    starts, source, offset = _reached_from(points[b, f], anchors[b], frames, index[b], f)
    total = np.empty(weight.shape, feature.dtype)
    x, y, z = into_weight[task]
    for j in range(len(starts) - 1):
        first, last = starts[j], starts[j + 1]
        if first == last:  # common: a ball keeps only its first points in storage order
            into[b, f, j] = 0
            continue
        _gather(total, grad[b], source[first:last], offset[:, first:last])
        value, row = feature[b, f, j], into[b, f, j]
        for c in range(len(row)):
            along = total[0, c] * weight[0, c] + total[1, c] * weight[1, c]
            row[c] = along + total[2, c] * weight[2, c]
        for c in range(len(row)):
            x[c] += value[c] * total[0, c]
        for c in range(len(row)):
            y[c] += value[c] * total[1, c]
        for c in range(len(row)):
            z[c] += value[c] * total[2, c]


@numba.njit(cache=True)
def _reached_from(points, anchors, frames, index, f):
    """Invert the neighbours in frame ``f``: list which anchors reached each point.

    Returns:
        starts: (N + 1,) where each point's entries begin.
        source: (entries,) row of the flattened (anchor frame, anchor, tap).
        offset: (3, entries) displacements.
    """
    taps, rows, slots = index.shape[1:]
    most = np.sum(frames == f) * rows * slots
    near, row = np.empty(most, np.int64), np.empty(most, np.int64)
    away = np.empty((3, most), points.dtype)
    pairs = 0
    for a in range(len(frames)):
        for r in range(taps):
            for i in range(rows if frames[a, r] == f else 0):
                found = _reach(points, anchors[a, i], index[a, r, i], near[pairs:], away[:, pairs:])
                row[pairs : pairs + found] = (a * rows + i) * taps + r
                pairs += found
    starts = np.zeros(len(points) + 1, np.int64)
    for p in range(pairs):
        starts[near[p] + 1] += 1
    starts = np.cumsum(starts)
    free = starts[:-1].copy()
    source, offset = np.empty(pairs, np.int64), np.empty((3, pairs), points.dtype)
    for p in range(pairs):
        entry = free[near[p]]
        source[entry] = row[p]
        for d in range(3):
            offset[d, entry] = away[d, p]
        free[near[p]] += 1
    return starts, source, offset


@numba.njit(cache=True, forceinline=True)
def _reach(points, centre, index, near, offset):
    """List neighbours and displacements, and return how many there are.

    The first neighbour, which also stands in the empty slots, is listed once; its displacement is
    multiplied by the number of its slots.
    """
    found, times = 0, 1
    for j in index:
        if j < 0:
            continue
        if found > 0 and j == near[0]:
            times += 1
            continue
        near[found] = j
        for d in range(3):
            offset[d, found] = points[j, d] - centre[d]
        found += 1
    if times > 1:
        for d in range(3):
            offset[d, 0] *= times
    return found


@numba.njit(cache=True, fastmath=FAST, forceinline=True)
def _gather(total, rows, near, offset):
    """Set ``total[d] = sum_k offset[d, k] * rows[near[k]]``: the hot loop, three rows at a time."""
    total[:] = 0
    x, y, z = total[0], total[1], total[2]
    threes = len(near) // 3 * 3
    for k in range(0, threes, 3):
        u, v, w = rows[near[k]], rows[near[k + 1]], rows[near[k + 2]]
        ux, vx, wx = offset[0, k], offset[0, k + 1], offset[0, k + 2]
        uy, vy, wy = offset[1, k], offset[1, k + 1], offset[1, k + 2]
        uz, vz, wz = offset[2, k], offset[2, k + 1], offset[2, k + 2]
        for c in range(rows.shape[1]):
            x[c] += u[c] * ux + v[c] * vx + w[c] * wx
            y[c] += u[c] * uy + v[c] * vy + w[c] * wy
            z[c] += u[c] * uz + v[c] * vz + w[c] * wz
    for k in range(threes, len(near)):
        u, ux, uy, uz = rows[near[k]], offset[0, k], offset[1, k], offset[2, k]
        for c in range(rows.shape[1]):
            x[c] += u[c] * ux
            y[c] += u[c] * uy
            z[c] += u[c] * uz
