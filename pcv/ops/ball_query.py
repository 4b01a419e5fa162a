"""Ball query: up to K points strictly closer than a radius to each anchor."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from pcv.kernels.ball_query import search, search_all
from pcv.ops.clouds import check_clouds
from pcv.ops.native import native
from pcv.ops.threads import threaded

PIECE = 512  # anchors that are worth a thread of their own


def ball_query(
    points: Tensor,  # (B, N, 3)
    anchors: Tensor,  # (B, M, 3)
    radius: float,
    neighbours: int,
) -> Tensor:  # (B, M, K) int64
    """Find up to ``neighbours`` points strictly closer than ``radius`` to each anchor.

    Points are taken in storage order, not nearest first. Slots left over hold -1; an anchor with
    no point in reach gets a row of -1 (``repeat_first`` is the papers' fill rule). Squared
    distances are ``(dx*dx + dy*dy) + dz*dz`` in float32 without contraction, and are compared with
    the float32 square of the float32 radius: every device returns the same indices. Not
    differentiable.

    Args:
        points: Candidate coordinates, float32.
        anchors: Ball centres, float32, in the same unit; they need not be among ``points``.
        radius: A point exactly on the sphere is outside.
        neighbours: Slots per anchor (K), at least 1.

    Raises:
        ValueError: If shapes or types disagree, or ``radius`` or ``neighbours`` is not positive.
    """
    check_clouds(points, "anchors", anchors)
    if not (radius > 0 and math.isfinite(radius)):
        raise ValueError(f"radius must be positive and finite, found {radius}")
    if neighbours < 1:
        raise ValueError(f"neighbours must be at least 1, found {neighbours}")
    result: Tensor = torch.ops.pcv.ball_query(points, anchors, radius, neighbours)
    return result


@torch.library.custom_op("pcv::ball_query", mutates_args=(), device_types="cpu")
def _ball_query(points: Tensor, anchors: Tensor, radius: float, neighbours: int) -> Tensor:
    shape = (*anchors.shape[:2], neighbours)
    found = torch.empty(shape, dtype=torch.int64)
    clouds, centres = points.detach().contiguous().numpy(), anchors.detach().contiguous().numpy()
    with np.errstate(over="ignore"):  # a radius beyond 1.8e19 reaches everything
        limit = np.float32(radius) * np.float32(radius)
    # With few clouds, the anchors of each are shared out to threads; every piece then sorts its
    # cloud again, but all do so at the same time.
    pieces = min(-(-torch.get_num_threads() // max(1, len(clouds))), centres.shape[1] // PIECE)
    if threaded(len(clouds) * max(1, pieces)):
        search_all(clouds, centres, limit, found.numpy(), max(1, pieces))
    else:
        for cloud, row, slots in zip(clouds, centres, found.numpy(), strict=True):
            search(cloud, row, limit, slots)
    return found


@_ball_query.register_kernel("cuda")
def _(points: Tensor, anchors: Tensor, radius: float, neighbours: int) -> Tensor:
    found: Tensor = native().ball_query(points, anchors, radius, neighbours)
    return found


@_ball_query.register_fake
def _(points: Tensor, anchors: Tensor, radius: float, neighbours: int) -> Tensor:
    return anchors.new_empty((*anchors.shape[:2], neighbours), dtype=torch.int64)
