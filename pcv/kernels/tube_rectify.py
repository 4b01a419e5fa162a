"""The loops of ``tube_rectify`` on a CPU: rectified displacements plus feature rows.

Shapes: points (B, L, N, 3), feature and its gradient (B, L, N, C or 0), anchors (B, A, M, 3),
weight (5, C), frames (A, R), index (B, A, R, M, K), out and its gradient (B, A, R, M, K, C),
gradient of the weight in parts (B L, 5, C).
"""

from __future__ import annotations

import numba
import numpy as np

from pcv.kernels.tube_sum import FAST


@numba.njit(parallel=True, cache=True)
def forward_all(points, feature, anchors, weight, frames, index, out):
    """Run every task of ``forward``, on the same arrays."""
    for task in numba.prange(len(points) * len(frames)):
        forward(task, points, feature, anchors, weight, frames, index, out)


@numba.njit(parallel=True, cache=True)
def backward_all(points, anchors, weight, frames, index, grad, into, into_weight):
    """Run every task of ``backward``, on the same arrays."""
    for task in numba.prange(len(into_weight)):
        backward(task, points, anchors, weight, frames, index, grad, into, into_weight)


@numba.njit(cache=True, fastmath=FAST)
def forward(task, points, feature, anchors, weight, frames, index, out):
    """Fill one anchor frame of one clip in ``out`` (B, A, R, M, K, C)."""
    b, a = task // len(frames), task % len(frames)
    taps, rows, slots = index.shape[2:]
    x, y, z, w, bias = weight[0], weight[1], weight[2], weight[3], weight[4]
    for r in range(taps):
        f, t = frames[a, r], r - taps // 2
        for i in range(rows):
            for k in range(slots):
                j = index[b, a, r, i, k]
                dx, dy, dz = _offset(points[b, f, j], anchors[b, a, i])
                row = out[b, a, r, i, k]
                for c in range(len(row)):
                    value = x[c] * dx + y[c] * dy + z[c] * dz + (w[c] * t + bias[c])
                    row[c] = value if value > 0 else 0
                if feature.shape[3]:
                    own = feature[b, f, j]
                    for c in range(len(row)):
                        row[c] += own[c]


@numba.njit(cache=True, fastmath=FAST)
def backward(task, points, anchors, weight, frames, index, grad, into, into_weight):
    """Gather the gradients of everything that was read from one frame of one clip.

    They are added to ``into`` (B, L, N, C) and ``into_weight`` (B L, 5, C), in the same order for
    any number of threads.
    """
    length = points.shape[1]
    b, f = task // length, task % length
    taps, rows, slots = index.shape[2:]
    channels = weight.shape[1]
    masked = np.empty(channels, points.dtype)
    for a in range(len(frames)):
        for r in range(taps):
            if frames[a, r] != f:
                continue
            for i in range(rows):
                for k in range(slots):
                    j, g = index[b, a, r, i, k], grad[b, a, r, i, k]
                    dx, dy, dz = _offset(points[b, f, j], anchors[b, a, i])
                    _learn(weight, dx, dy, dz, r - taps // 2, g, masked, into_weight[task])
                    if into.shape[3]:
                        own = into[b, f, j]
                        for c in range(channels):
                            own[c] += g[c]


@numba.njit(cache=True, fastmath=FAST, forceinline=True)
def _learn(weight, dx, dy, dz, t, g, masked, into):
    x, y, z, w, bias = weight[0], weight[1], weight[2], weight[3], weight[4]
    ix, iy, iz, iw, ib = into[0], into[1], into[2], into[3], into[4]
    for c in range(len(g)):
        value = x[c] * dx + y[c] * dy + z[c] * dz + (w[c] * t + bias[c])
        masked[c] = g[c] if value > 0 else 0
    for c in range(len(g)):
        ix[c] += masked[c] * dx
        iy[c] += masked[c] * dy
        iz[c] += masked[c] * dz
        iw[c] += masked[c] * t
        ib[c] += masked[c]


@numba.njit(cache=True, forceinline=True)
def _offset(point, centre):
    return point[0] - centre[0], point[1] - centre[1], point[2] - centre[2]
