"""What the ops over tubes share: checks of their indices, and gathers and sums in torch."""

from __future__ import annotations

from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor


def displacement(
    points: Tensor,  # (B, L, N, 3)
    anchors: Tensor,  # (B, A, M, 3)
    frames: Tensor,  # (A, R) int64
    index: Tensor,  # (B, A, R, M, K) int64
    tap: int,
) -> Tensor:  # (B, A, M, K, 4)
    """Return the displacements of a tap's neighbours from their anchors, in space and frames."""
    near = gather_frames(points, frames[:, tap], index[:, :, tap])
    time = near.new_full((*near.shape[:4], 1), tap - frames.shape[1] // 2)
    return torch.cat([near - anchors[:, :, :, None], time], 4)


def gather_frames(
    values: Tensor,  # (B, L, N, C)
    frames: Tensor,  # (A,) int64
    index: Tensor,  # (B, A, M, K) int64
) -> Tensor:  # (B, A, M, K, C)
    """Take the rows ``values[b, frames[a], index[b, a, i, k]]``."""
    batch, steps = index.shape[:2]
    clip = torch.arange(batch, device=index.device).reshape(-1, 1, 1, 1)
    return values[clip, frames.reshape(1, steps, 1, 1), index]


def sum_frames(values: Tensor, frames: Tensor, index: Tensor, like: Tensor) -> Tensor:
    """Undo ``gather_frames``: (B, A, M, K, C) summed by the points (B, L, N, ...) of ``like``."""
    batch, length, count = like.shape[:3]
    clip = torch.arange(batch, device=index.device).reshape(-1, 1, 1, 1)
    row = (clip * length + frames.reshape(1, -1, 1, 1)) * count + index
    summed = sum_rows(values.flatten(0, 3), row.flatten(), batch * length * count)
    return summed.reshape(batch, length, count, -1)


def sum_rows(
    values: Tensor,  # (n, C)
    row: Tensor,  # (n,) int64, below count
    count: int,
) -> Tensor:  # (count, C)
    """Sum the values that belong to the same row, in storage order: the same bits each time."""
    order = row.sort(stable=True)
    lengths = torch.bincount(row, minlength=count)
    return torch.segment_reduce(values[order.indices], "sum", lengths=lengths, unsafe=True)


def check_displaced(
    points: Tensor,  # (B, L, N, 3)
    feature: Tensor | None,  # (B, L, N, C)
    anchors: Tensor,  # (B, A, M, 3)
    weight: Tensor,  # (C, columns)
    frames: Tensor,  # (A, R)
    index: Tensor,  # (B, A, R, M, K)
    columns: int,
) -> None:
    """Check shapes where displacements are embedded and features added.

    Raises:
        ValueError: They disagree.
    """
    batch, length, count, _ = points.shape
    if feature is not None and feature.shape != (batch, length, count, len(weight)):
        raise ValueError(f"points {tuple(points.shape)} do not fit feature {tuple(feature.shape)}")
    if weight.dim() != 2 or weight.shape[1] != columns:
        raise ValueError(f"weight must be (C, {columns}), found {tuple(weight.shape)}")
    check_tubes(anchors, frames, index, batch)


def check_tubes(
    anchors: Tensor,  # (B, A, M, 3)
    frames: Tensor,  # (A, R)
    index: Tensor,  # (B, A, R, M, K)
    batch: int,
) -> None:
    """Check the shapes of what says where tubes lie.

    Raises:
        ValueError: They disagree.
    """
    fits = anchors.shape == (batch, frames.shape[0], index.shape[3], 3)
    if index.shape[:3] != (batch, *frames.shape) or not fits:
        raise ValueError(
            f"index {tuple(index.shape)}, anchors {tuple(anchors.shape)} and frames "
            f"{tuple(frames.shape)} do not fit each other"
        )


def check_all_there(
    points: Tensor,  # (B, L, N, 3)
    frames: Tensor,  # (A, R) int64
    index: Tensor,  # (B, A, R, M, K) int64
) -> None:
    """Check what ``check_reach`` checks, and that no frame and no neighbour is missing.

    Raises:
        IndexError: An index is out of range or negative.
    """
    check_reach(points, frames, index)
    for name, value in (("frames", frames), ("index", index)):
        if value.numel() and int(value.min()) < 0:
            raise IndexError(f"{name} holds {int(value.min())}: fill it with repeat_first first")


def check_reach(
    feature: Tensor,  # (B, L, N, C)
    frames: Tensor,  # (A, R) int64
    index: Tensor,  # (B, A, R, M, K) int64
) -> None:
    """Check that no index is too large: the kernels do not, and would crash the process.

    Raises:
        IndexError: An index is out of range.
    """
    for name, value, axis in (("frames", frames, 1), ("index", index, 2)):
        if value.numel() and int(value.max()) >= feature.shape[axis]:
            raise IndexError(
                f"{name} holds {int(value.max())}, the largest index is {feature.shape[axis] - 1}"
            )


def arrays_of(*tensors: Tensor) -> list[NDArray[Any]]:  # (...) each, in the same shapes
    """Return tensors as contiguous arrays for Numba; those that are contiguous are not copied."""
    return [tensor.detach().contiguous().numpy() for tensor in tensors]
