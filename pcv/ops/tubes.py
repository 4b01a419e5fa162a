"""What the ops over tubes share: checks of their indices, and their torch forms."""

from __future__ import annotations

from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor


def displacement(
    points: Tensor, anchors: Tensor, frames: Tensor, index: Tensor, tap: int
) -> Tensor:  # (B, A, M, K, 4)
    """Where the neighbours of a tap lie from their anchors, in space and frames."""
    near = gather_frames(points, frames[:, tap], index[:, :, tap])
    time = near.new_full((*near.shape[:4], 1), tap - frames.shape[1] // 2)
    return torch.cat([near - anchors[:, :, :, None], time], 4)


def gather_frames(values: Tensor, frames: Tensor, index: Tensor) -> Tensor:
    """(B, L, N, C) along frames (A,) and index (B, A, M, K) -> (B, A, M, K, C)."""
    batch, steps = index.shape[:2]
    clip = torch.arange(batch, device=index.device).reshape(-1, 1, 1, 1)
    return values[clip, frames.reshape(1, steps, 1, 1), index]


def sum_rows(values: Tensor, row: Tensor, count: int) -> Tensor:
    """Add rows that have the same number, in storage order: the same bits each time."""
    order = row.sort(stable=True)
    lengths = torch.bincount(row, minlength=count)
    return torch.segment_reduce(values[order.indices], "sum", lengths=lengths, unsafe=True)


def check_all_there(points: Tensor, frames: Tensor, index: Tensor) -> None:
    """As ``check_reach``; nor may a neighbour be missing."""
    check_reach(points, frames, index)
    for name, value in (("frames", frames), ("index", index)):
        if value.numel() and int(value.min()) < 0:
            raise IndexError(f"{name} holds {int(value.min())}: fill it with repeat_first first")


def check_reach(feature: Tensor, frames: Tensor, index: Tensor) -> None:
    """The kernels read what they are told to: an index out of range would crash the process."""
    for name, value, most in (("frames", frames, 1), ("index", index, 2)):
        if value.numel() and int(value.max()) >= feature.shape[most]:
            raise IndexError(f"{name} holds {int(value.max())}, of {feature.shape[most]}")


def arrays_of(*tensors: Tensor) -> list[NDArray[Any]]:
    """Views, or copies where they are not contiguous, for Numba."""
    return [tensor.detach().contiguous().numpy() for tensor in tensors]
