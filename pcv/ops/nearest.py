"""The k nearest points of each query."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from pcv.kernels.nearest import scan, scan_all
from pcv.ops.clouds import check_clouds
from pcv.ops.native import native
from pcv.ops.threads import threaded


def nearest(
    points: Tensor,  # (B, N, 3)
    queries: Tensor,  # (B, M, 3)
    count: int,
) -> tuple[Tensor, Tensor]:  # (B, M, count) int64, (B, M, count) float32
    """Find the ``count`` points closest to each query, closest first.

    Ties go to the point stored first. Squared distances are ``(dx*dx + dy*dy) + dz*dz`` in float32
    without contraction, and their roots are correctly rounded: every device returns the same bits.
    Not differentiable.

    Returns:
        Indices into the N axis of ``points``, and Euclidean distances in its unit.

    Raises:
        ValueError: If shapes or types disagree, or there are fewer than ``count`` points.
    """
    check_clouds(points, "queries", queries)
    if not 1 <= count <= points.shape[1]:
        raise ValueError(f"count must be between 1 and {points.shape[1]}, found {count}")
    index, distance = torch.ops.pcv.nearest(points, queries, count)
    return index, distance


@torch.library.custom_op("pcv::nearest", mutates_args=(), device_types="cpu")
def _nearest(points: Tensor, queries: Tensor, count: int) -> tuple[Tensor, Tensor]:
    shape = (*queries.shape[:2], count)
    index = torch.zeros(shape, dtype=torch.int64)
    distance = torch.full(shape, torch.inf)
    arrays = [t.detach().contiguous().numpy() for t in (points, queries, index, distance)]
    if threaded(len(points)):
        scan_all(*arrays)
    else:
        for cloud in zip(*arrays, strict=True):
            scan(*cloud)
    np.sqrt(arrays[3], out=arrays[3])  # correctly rounded, as on CUDA; torch's root is not
    return index, distance


@_nearest.register_kernel("cuda")
def _(points: Tensor, queries: Tensor, count: int) -> tuple[Tensor, Tensor]:
    found: tuple[Tensor, Tensor] = native().nearest(points, queries, count)
    return found


@_nearest.register_fake
def _(points: Tensor, queries: Tensor, count: int) -> tuple[Tensor, Tensor]:
    shape = (*queries.shape[:2], count)
    return queries.new_empty(shape, dtype=torch.int64), queries.new_empty(shape)
