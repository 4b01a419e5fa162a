"""Farthest point sampling."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from pcv.kernels.farthest_points import choose, choose_all
from pcv.ops.native import native
from pcv.ops.threads import threaded


def farthest_points(
    points: Tensor,  # (B, N, 3)
    count: int,
) -> Tensor:  # (B, count) int64
    """Choose points one by one, each the farthest from those already chosen.

    The first is index 0; ties go to the point stored first. Squared distances are
    ``(dx*dx + dy*dy) + dz*dz`` in float32 without contraction, on every device. Not differentiable.

    Raises:
        ValueError: If the shape or type is wrong, there are fewer than ``count`` points, or (on
            the CPU, where the check costs nothing) a coordinate is not finite.
    """
    if points.dim() != 3 or points.shape[2] != 3 or points.dtype != torch.float32:
        raise ValueError(
            f"points must be (B, N, 3) float32, found {tuple(points.shape)} {points.dtype}"
        )
    if not 1 <= count <= points.shape[1]:
        raise ValueError(f"count must be between 1 and {points.shape[1]}, found {count}")
    result: Tensor = torch.ops.pcv.farthest_points(points, count)
    return result


@torch.library.custom_op("pcv::farthest_points", mutates_args=(), device_types="cpu")
def _farthest_points(points: Tensor, count: int) -> Tensor:
    chosen = torch.empty((points.shape[0], count), dtype=torch.int64)
    clouds = points.detach().contiguous().numpy()
    if not np.isfinite(clouds).all():
        raise ValueError("a coordinate is not finite")
    if threaded(len(clouds)):
        choose_all(clouds, chosen.numpy())
    else:
        for cloud, row in zip(clouds, chosen.numpy(), strict=True):
            choose(cloud, row)
    return chosen


@_farthest_points.register_kernel("cuda")
def _(points: Tensor, count: int) -> Tensor:
    found: Tensor = native().farthest_points(points, count)
    return found


@_farthest_points.register_fake
def _(points: Tensor, count: int) -> Tensor:
    return points.new_empty((points.shape[0], count), dtype=torch.int64)
