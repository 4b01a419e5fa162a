"""The inner sum of a PST convolution, fused: gather, multiply and add without a grouped tensor."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from pcv.kernels.tube_sum import backward, backward_all, forward, forward_all
from pcv.ops.native import native
from pcv.ops.threads import run_tasks
from pcv.ops.tubes import arrays_of, check_reach, check_tubes


def tube_sum(
    points: Tensor,  # (B, L, N, 3)
    feature: Tensor,  # (B, L, N, C)
    anchors: Tensor,  # (B, A, M, 3)
    weight: Tensor,  # (C, 3)
    frames: Tensor,  # (A, R) int64
    index: Tensor,  # (B, A, R, M, K) int64
) -> Tensor:  # (B, A, M, R, C)
    """Sum, over the neighbours of each anchor, feature times embedded displacement.

    ``out[b, a, i, r] = sum_k feature[b, f, j] * (weight @ (points[b, f, j] - anchors[b, a, i]))``
    with ``f = frames[a, r]`` and ``j = index[b, a, r, i, k]``: "multiplication" with "sum" in
    Fan et al., ICLR 2021. A frame of -1 and a neighbour of -1 contribute nothing. Differentiable
    in ``feature`` and ``weight``; points and anchors are taken as constants.

    Args:
        points: Coordinates of L frames.
        feature: Features already mixed by the layer's feature matrix.
        anchors: Coordinates of the tube centres in A anchor frames.
        weight: The layer's displacement matrix.
        frames: For each anchor frame, the R frames that its tubes reach into.
        index: Neighbours within those frames, as ``ball_query`` returns them.

    Raises:
        ValueError: If shapes disagree.
    """
    batch, length, count, channels = feature.shape
    if points.shape != (batch, length, count, 3):
        raise ValueError(f"points {tuple(points.shape)} do not fit feature {tuple(feature.shape)}")
    if weight.shape != (channels, 3):
        raise ValueError(f"weight must be ({channels}, 3), found {tuple(weight.shape)}")
    check_tubes(anchors, frames, index, batch)
    result: Tensor = torch.ops.pcv.tube_sum(points, feature, anchors, weight, frames, index)
    return result


@torch.library.custom_op("pcv::tube_sum", mutates_args=(), device_types="cpu")
def _tube_sum(
    points: Tensor, feature: Tensor, anchors: Tensor, weight: Tensor, frames: Tensor, index: Tensor
) -> Tensor:
    check_reach(feature, frames, index)
    out = _new_out(points, feature, anchors, weight, frames, index)
    arrays = arrays_of(points, feature, anchors, weight.t(), frames, index, out)
    run_tasks(forward, forward_all, index.shape[0] * index.shape[1], *arrays)
    return out


@_tube_sum.register_fake
def _new_out(
    points: Tensor, feature: Tensor, anchors: Tensor, weight: Tensor, frames: Tensor, index: Tensor
) -> Tensor:
    batch, steps, taps, rows, _ = index.shape
    return feature.new_empty((batch, steps, rows, taps, feature.shape[3]))


@torch.library.custom_op("pcv::tube_sum_backward", mutates_args=(), device_types="cpu")
def _tube_sum_backward(
    grad: Tensor,
    points: Tensor,
    feature: Tensor,
    anchors: Tensor,
    weight: Tensor,
    frames: Tensor,
    index: Tensor,
) -> tuple[Tensor, Tensor]:
    batch, length, _, channels = feature.shape
    grad_feature = torch.empty_like(feature, memory_format=torch.contiguous_format)
    grad_weight = feature.new_zeros((batch * length, 3, channels))
    arrays = arrays_of(
        points, feature, anchors, weight.t(), frames, index,
        grad.reshape(batch, -1, channels), grad_feature, grad_weight,
    )  # fmt: skip
    run_tasks(backward, backward_all, batch * length, *arrays)
    return grad_feature, grad_weight.sum(0).t().contiguous()


@_tube_sum_backward.register_fake
def _(grad: Tensor, points: Tensor, feature: Tensor, *rest: Tensor) -> tuple[Tensor, Tensor]:
    return torch.empty_like(feature, memory_format=torch.contiguous_format), torch.empty_like(
        rest[1], memory_format=torch.contiguous_format
    )


_tube_sum.register_kernel("cuda")(lambda *inputs: native().tube_sum(*inputs))


@_tube_sum_backward.register_kernel("cuda")
def _(
    grad: Tensor,
    points: Tensor,
    feature: Tensor,
    anchors: Tensor,
    weight: Tensor,
    frames: Tensor,
    index: Tensor,
) -> tuple[Tensor, Tensor]:
    order, starts = _reached_from(frames, index, *feature.shape[1:3])
    grad_feature, partial = native().tube_sum_backward(
        grad, points, feature, anchors, weight, order, starts, index.shape[4]
    )
    return grad_feature, partial.sum(0)


def _reached_from(
    frames: Tensor, index: Tensor, length: int, count: int
) -> tuple[Tensor, Tensor]:  # (B A R M K) int64, (B L N + 1) int64
    """Invert neighbours: list what reached each point, so that its gradient can be gathered.

    Returns:
        order: Entries of the flattened ``index``, sorted by the point they name; entries that name
            none come last.
        starts: Where the entries of each point of each frame start in ``order``, and the end.
    """
    clip = torch.arange(len(index), device=index.device).reshape(-1, 1, 1, 1, 1)
    source = frames[None, :, :, None, None]
    points = (clip * length + source) * count + index
    nowhere = len(index) * length * count
    points = torch.where((source >= 0) & (index >= 0), points, nowhere)
    named, order = points.reshape(-1).sort(stable=True)
    starts = torch.searchsorted(named, torch.arange(nowhere + 1, device=index.device))
    return order, starts


def _setup(ctx: Any, inputs: tuple[Tensor, ...], output: Tensor) -> None:  # noqa: ANN401
    ctx.save_for_backward(*inputs)


def _grad(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:  # noqa: ANN401
    grad_feature, grad_weight = torch.ops.pcv.tube_sum_backward(grad, *ctx.saved_tensors)
    return None, grad_feature, None, grad_weight, None, None


_tube_sum.register_autograd(_grad, setup_context=_setup)
