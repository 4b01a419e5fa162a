"""Gathering and interpolating by index, in plain torch: every device and gradient comes free."""

from __future__ import annotations

import torch
from torch import Tensor


def gather_points(
    values: Tensor,  # (B, N, C)
    index: Tensor,  # (B, M, K) int64
) -> Tensor:  # (B, M, K, C)
    """Take rows of ``values``; an index of -1 gives zeros and receives no gradient."""
    batch, count, slots = index.shape
    channels = values.shape[2]
    flat = index.reshape(batch, count * slots, 1)
    rows = values.gather(1, flat.clamp(min=0).expand(-1, -1, channels))
    rows = torch.where(flat >= 0, rows, rows.new_zeros(()))
    return rows.reshape(batch, count, slots, channels)


def repeat_first(index: Tensor) -> Tensor:
    """Fill empty slots as the papers' code does: with the first hit, or with 0 if there is none.

    Args:
        index: (..., K) int64, hits first, then -1 for "no neighbour", as ``ball_query`` returns.

    Returns:
        (..., K) int64, nowhere -1.
    """
    first = index[..., :1].clamp(min=0)
    return torch.where(index >= 0, index, first)


def interpolate(
    values: Tensor,  # (B, N, C)
    index: Tensor,  # (B, M, K) int64
    distance: Tensor,  # (B, M, K)
) -> Tensor:  # (B, M, C)
    """Average neighbours by inverse distance, ``1 / (d + 1e-8)`` normalised (PointNet++).

    Differentiable in ``values``; an index of -1 has no weight.
    """
    weight = torch.where(index >= 0, 1.0 / (distance + 1e-8), distance.new_zeros(()))
    weight = weight / weight.sum(-1, keepdim=True).clamp(min=torch.finfo(weight.dtype).tiny)
    return (gather_points(values, index) * weight.to(values.dtype)[..., None]).sum(2)
