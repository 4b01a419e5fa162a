"""Ball query: up to K points strictly closer than a radius to each anchor."""

from __future__ import annotations

import math

import numba
import numpy as np
import torch
from torch import Tensor

from pcv.ops.native import native
from pcv.ops.threads import threaded

BLOCK = 16  # points tested at once: one vector


def ball_query(
    points: Tensor,  # (B, N, 3)
    anchors: Tensor,  # (B, M, 3)
    radius: float,
    neighbours: int,
) -> Tensor:  # (B, M, K) int64
    """Find up to ``neighbours`` points strictly closer than ``radius`` to each anchor.

    Points are taken in storage order, not nearest first. Slots left over hold -1; an anchor with
    no point in reach gets a row of -1 (``repeat_first`` is the papers' fill rule). Squared
    distances are float32 ``(dx*dx + dy*dy) + dz*dz``, uncontracted, compared with the float32
    square of the float32 radius: every device returns the same indices. Not differentiable.

    Args:
        points: Candidate coordinates, float32.
        anchors: Ball centres, float32, in the same unit; they need not be among ``points``.
        radius: A point exactly on the sphere is outside.
        neighbours: Slots an anchor, at least 1.

    Raises:
        ValueError: If shapes or types disagree, or ``radius`` or ``neighbours`` is not positive.
    """
    _check(points, anchors)
    if not (radius > 0 and math.isfinite(radius)):
        raise ValueError(f"radius must be positive and finite, found {radius}")
    if neighbours < 1:
        raise ValueError(f"neighbours must be at least 1, found {neighbours}")
    result: Tensor = torch.ops.pcv.ball_query(points, anchors, radius, neighbours)
    return result


def _check(points: Tensor, anchors: Tensor) -> None:
    for name, value in (("points", points), ("anchors", anchors)):
        if value.dim() != 3 or value.shape[2] != 3 or value.dtype != torch.float32:
            raise ValueError(
                f"{name} must be (B, n, 3) float32, found {tuple(value.shape)} {value.dtype}"
            )
    if points.shape[0] != anchors.shape[0]:
        raise ValueError(f"{points.shape[0]} clouds but {anchors.shape[0]} sets of anchors")


@torch.library.custom_op("pcv::ball_query", mutates_args=(), device_types="cpu")
def _ball_query(points: Tensor, anchors: Tensor, radius: float, neighbours: int) -> Tensor:
    shape = (*anchors.shape[:2], neighbours)
    found = torch.empty(shape, dtype=torch.int64)
    clouds, centres = points.detach().contiguous().numpy(), anchors.detach().contiguous().numpy()
    with np.errstate(over="ignore"):  # a radius beyond 1.8e19 reaches everything
        limit = np.float32(radius) * np.float32(radius)
    if threaded(len(clouds)):
        _scan_all(clouds, centres, limit, found.numpy())
    else:
        for cloud, row, slots in zip(clouds, centres, found.numpy(), strict=True):
            _scan(cloud, row, limit, slots)
    return found


@_ball_query.register_kernel("cuda")
def _(points: Tensor, anchors: Tensor, radius: float, neighbours: int) -> Tensor:
    found: Tensor = native().ball_query(points, anchors, radius, neighbours)
    return found


@_ball_query.register_fake
def _(points: Tensor, anchors: Tensor, radius: float, neighbours: int) -> Tensor:
    return anchors.new_empty((*anchors.shape[:2], neighbours), dtype=torch.int64)


@numba.njit(parallel=True, cache=True)
def _scan_all(points, anchors, limit, found):
    for b in numba.prange(len(points)):
        _scan(points[b], anchors[b], limit, found[b])


@numba.njit(cache=True)
def _scan(points, anchors, limit, found):
    padded = (len(points) + BLOCK - 1) // BLOCK * BLOCK
    far = np.float32(np.inf)  # padding is never inside
    xs, ys, zs = np.full(padded, far), np.full(padded, far), np.full(padded, far)
    for j in range(len(points)):
        xs[j], ys[j], zs[j] = points[j]
    squared = np.empty(BLOCK, np.float32)
    slots = found.shape[1]
    for i in range(len(anchors)):
        x, y, z = anchors[i]
        filled = 0
        for start in range(0, padded, BLOCK):
            # Views, not indices from a start, and a length LLVM does not know: else no vectors.
            stop = start + BLOCK
            xb, yb, zb = xs[start:stop], ys[start:stop], zs[start:stop]
            hits = np.int32(0)
            for j in range(len(xb)):
                dx, dy, dz = xb[j] - x, yb[j] - y, zb[j] - z
                squared[j] = dx * dx + dy * dy + dz * dz
                hits += np.int32(1) if squared[j] < limit else np.int32(0)
            if hits == 0:
                continue
            for j in range(len(xb)):
                if squared[j] < limit and filled < slots:
                    found[i, filled] = start + j
                    filled += 1
            if filled == slots:
                break
        found[i, filled:] = -1
