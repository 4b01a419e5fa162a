"""The loops of ``linear_max`` on a CPU: maxima over the rows of a group, and their gradients.

Shapes: G groups of K rows, C input channels, C' output channels.
"""

from __future__ import annotations

import numba
import numpy as np

from pcv.kernels.tube_sum import FAST

BLOCK = 64  # groups that are summed apart before their sum is added


@numba.njit(parallel=True, cache=True)
def pool_all(value, best, chosen):
    """Run ``pool`` for every group, on the same arrays."""
    for g in numba.prange(len(value)):
        pool(g, value, best, chosen)


@numba.njit(cache=True, fastmath=FAST)
def pool(g, value, best, chosen):
    """Find the largest of K rows, channel by channel, and its number; of equal ones the first.

    Args:
        g: Number of the group.
        value: (G, K, C').
        best: (G, C'), row ``g`` is written.
        chosen: (G, C') uint8, row ``g`` is written.
    """
    row, won = best[g], np.zeros(value.shape[2], np.int32)
    row[:] = value[g, 0]
    for k in range(1, value.shape[1]):
        other, slot = value[g, k], np.int32(k)
        for c in range(len(row)):
            above = other[c] > row[c]
            row[c] = other[c] if above else row[c]
            won[c] = slot if above else won[c]
    for c in range(len(row)):
        chosen[g, c] = won[c]


@numba.njit(parallel=True, cache=True)
def to_inputs_all(grad, chosen, weight, into):
    """Run ``to_inputs`` for every group, on the same arrays."""
    for g in numba.prange(len(grad)):
        to_inputs(g, grad, chosen, weight, into)


@numba.njit(cache=True, fastmath=FAST)
def to_inputs(g, grad, chosen, weight, into):
    """Add the gradient of a group's winners to the gradient of its input rows.

    Args:
        g: Number of the group.
        grad: (G, C').
        chosen: (G, C') uint8, winning row of each output channel.
        weight: (C', C).
        into: (G, K, C), group ``g`` is added to.
    """
    for c in range(grad.shape[1]):
        row, scale, source = into[g, chosen[g, c]], grad[g, c], weight[c]
        for d in range(len(row)):
            row[d] += scale * source[d]


@numba.njit(parallel=True, cache=True)
def to_weight_all(grad, chosen, value, into):
    """Run ``to_weight`` for every channel, on the same arrays."""
    for c in numba.prange(len(into)):
        to_weight(c, grad, chosen, value, into)


@numba.njit(cache=True, fastmath=FAST)
def to_weight(c, grad, chosen, value, into):
    """Add the input rows that won channel ``c``, in the same order for any number of threads.

    Blocks of groups are summed apart: one running sum over all groups would lose a digit.

    Args:
        c: The output channel.
        grad: (G, C').
        chosen: (G, C') uint8, winning row of each output channel.
        value: (G, K, C), the input rows.
        into: (C', C), row ``c`` is added to.
    """
    part = np.empty(into.shape[1], into.dtype)
    for first in range(0, len(grad), BLOCK):
        part[:] = 0
        for g in range(first, min(first + BLOCK, len(grad))):
            source, scale = value[g, chosen[g, c]], grad[g, c]
            for d in range(len(part)):
                part[d] += scale * source[d]
        into[c] += part
