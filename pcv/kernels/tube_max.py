"""The loops of ``tube_max`` on a CPU: forward keeps which neighbour won, backward reads it.

No grouped array is built: a neighbour's value is four products per channel plus its feature row.

Shapes: points (B, L, N, 3), feature and its gradient (B, L, N, C or 0), anchors (B, A, M, 3),
weight (4, C), frames (A, R), index (B, A, R, M, K), out and its gradient (B, A, M, C), chosen
(B, A, M, 1 or R, C) uint8, gradient of the weight in parts (B L, 4, C).
"""

from __future__ import annotations

import numba
import numpy as np

from pcv.kernels.tube_sum import FAST


@numba.njit(parallel=True, cache=True)
def forward_all(points, feature, anchors, weight, frames, index, joint, out, chosen):
    """Run every task of ``forward``, on the same arrays."""
    for task in numba.prange(len(points) * len(frames)):
        forward(task, points, feature, anchors, weight, frames, index, joint, out, chosen)


@numba.njit(parallel=True, cache=True)
def backward_all(points, anchors, frames, index, chosen, grad, into, into_weight):
    """Run every task of ``backward``, on the same arrays."""
    for task in numba.prange(len(into_weight)):
        backward(task, points, anchors, frames, index, chosen, grad, into, into_weight)


@numba.njit(cache=True, fastmath=FAST)
def forward(task, points, feature, anchors, weight, frames, index, joint, out, chosen):
    """Fill one anchor frame of one clip in ``out`` (B, A, M, C) and ``chosen``.

    ``joint`` takes one maximum over all taps; else the maxima of the taps are summed.
    """
    b, a = task // len(frames), task % len(frames)
    taps, rows, slots = index.shape[2:]
    channels = weight.shape[1]
    best, which = np.empty(channels, points.dtype), np.empty(channels, np.int32)
    for i in range(rows):
        row = out[b, a, i]
        row[:] = 0
        best[:] = -np.inf
        which[:] = 0
        for r in range(taps):
            base = 0
            if not joint:
                best[:] = -np.inf
                which[:] = 0
            else:
                base = r * slots
            _tap(points, feature, anchors[b, a, i], weight, b, frames[a, r], r - taps // 2,
                 index[b, a, r, i], base, best, which)  # fmt: skip
            if not joint:
                for c in range(channels):
                    row[c] += best[c]
                for c in range(channels):
                    chosen[b, a, i, r, c] = which[c]
        if joint:
            row[:] = best
            for c in range(channels):
                chosen[b, a, i, 0, c] = which[c]


@numba.njit(cache=True, fastmath=FAST, forceinline=True)
def _tap(points, feature, centre, weight, b, f, t, index, base, best, which):
    """Let the neighbours in one frame compete.

    The first neighbour also stands in the empty slots; it competes only once.
    """
    for k in range(len(index)):
        j = index[k]
        if k > 0 and j == index[0]:
            continue
        dx = points[b, f, j, 0] - centre[0]
        dy = points[b, f, j, 1] - centre[1]
        dz = points[b, f, j, 2] - centre[2]
        slot = np.int32(base + k)
        if feature.shape[3]:
            _compete(best, which, weight, dx, dy, dz, t, slot, feature[b, f, j])
        else:
            _compete_bare(best, which, weight, dx, dy, dz, t, slot)


@numba.njit(cache=True, fastmath=FAST, forceinline=True)
def _compete(best, which, weight, dx, dy, dz, t, slot, row):
    x, y, z, w = weight[0], weight[1], weight[2], weight[3]
    for c in range(len(best)):
        value = x[c] * dx + y[c] * dy + z[c] * dz + w[c] * t + row[c]
        above = value > best[c]
        best[c] = value if above else best[c]
        which[c] = slot if above else which[c]


@numba.njit(cache=True, fastmath=FAST, forceinline=True)
def _compete_bare(best, which, weight, dx, dy, dz, t, slot):
    x, y, z, w = weight[0], weight[1], weight[2], weight[3]
    for c in range(len(best)):
        value = x[c] * dx + y[c] * dy + z[c] * dz + w[c] * t
        above = value > best[c]
        best[c] = value if above else best[c]
        which[c] = slot if above else which[c]


@numba.njit(cache=True, fastmath=FAST)
def backward(task, points, anchors, frames, index, chosen, grad, into, into_weight):
    """Gather the gradients that the points of one frame of one clip won.

    They are added to ``into`` (B, L, N, C) and ``into_weight`` (B L, 4, C), in the same order for
    any number of threads.
    """
    length = points.shape[1]
    b, f = task // length, task % length
    taps, rows, slots = index.shape[2:]
    joint = chosen.shape[3] == 1 and taps > 1
    featured = into.shape[3] > 0
    x, y, z, w = into_weight[task]
    for a in range(len(frames)):
        for r in range(taps):
            if frames[a, r] != f:
                continue
            base = r * slots if joint else 0
            t = r - taps // 2
            for i in range(rows):
                won = chosen[b, a, i, 0 if joint else r]
                near, centre, g = index[b, a, r, i], anchors[b, a, i], grad[b, a, i]
                for c in range(len(g)):
                    k = np.int64(won[c]) - base
                    if k < 0 or k >= slots:
                        continue
                    j = near[k]
                    x[c] += g[c] * (points[b, f, j, 0] - centre[0])
                    y[c] += g[c] * (points[b, f, j, 1] - centre[1])
                    z[c] += g[c] * (points[b, f, j, 2] - centre[2])
                    w[c] += g[c] * t
                    if featured:
                        into[b, f, j, c] += g[c]
