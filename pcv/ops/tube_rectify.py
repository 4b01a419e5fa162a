"""The first half of a normalised P4D convolution, fused: rectify displacements, add features."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from pcv.kernels.tube_rectify import backward, backward_all, forward, forward_all
from pcv.ops.threads import run_tasks
from pcv.ops.tubes import (
    arrays_of,
    check_all_there,
    check_displaced,
    displacement,
    gather_frames,
    sum_frames,
)


def tube_rectify(
    points: Tensor,  # (B, L, N, 3)
    feature: Tensor | None,  # (B, L, N, C)
    anchors: Tensor,  # (B, A, M, 3)
    weight: Tensor,  # (C, 5)
    frames: Tensor,  # (A, R) int64
    index: Tensor,  # (B, A, R, M, K) int64
) -> Tensor:  # (B, A, R, M, K, C)
    """Return, for every neighbour, its feature plus its rectified embedded displacement.

    ``feature[b, f, j] + max(0, weight @ (points[b, f, j] - anchors[b, a, i], r - R // 2, 1))`` with
    ``f = frames[a, r]`` and ``j = index[b, a, r, i, k]`` (as in the code of Fan et al.,
    P4Transformer, CVPR 2021, with its normalisation folded into ``weight``). Differentiable in
    ``feature`` and ``weight``. On CUDA the op is composed of torch's own ops.

    Args:
        points: Coordinates of L frames.
        feature: Normalised and rectified features of the points; None: displacements only.
        anchors: Coordinates of the tube centres in A anchor frames.
        weight: Displacement matrix (x, y, z, and time in frames), then a bias.
        frames: For each anchor frame, the R consecutive frames of its tubes; padding is clamped to
            the first or the last frame.
        index: Neighbours within those frames; ``repeat_first`` has filled empty slots.

    Raises:
        ValueError: If shapes disagree.
    """
    check_displaced(points, feature, anchors, weight, frames, index, columns=5)
    plain = points.new_empty((*points.shape[:3], 0)) if feature is None else feature
    result: Tensor = torch.ops.pcv.tube_rectify(points, plain, anchors, weight, frames, index)
    return result


@torch.library.custom_op("pcv::tube_rectify", mutates_args=(), device_types="cpu")
def _tube_rectify(
    points: Tensor, feature: Tensor, anchors: Tensor, weight: Tensor, frames: Tensor, index: Tensor
) -> Tensor:
    check_all_there(points, frames, index)
    out = _new_out(points, feature, anchors, weight, frames, index)
    arrays = arrays_of(points, feature, anchors, weight.t(), frames, index, out)
    run_tasks(forward, forward_all, index.shape[0] * index.shape[1], *arrays)
    return out


@_tube_rectify.register_fake
def _new_out(
    points: Tensor, feature: Tensor, anchors: Tensor, weight: Tensor, frames: Tensor, index: Tensor
) -> Tensor:
    return points.new_empty((*index.shape, len(weight)))


@torch.library.custom_op("pcv::tube_rectify_backward", mutates_args=(), device_types="cpu")
def _tube_rectify_backward(
    grad: Tensor,
    points: Tensor,
    anchors: Tensor,
    weight: Tensor,
    frames: Tensor,
    index: Tensor,
    featured: bool,
) -> tuple[Tensor, Tensor]:
    batch, length, count = points.shape[:3]
    into = points.new_zeros((batch, length, count, len(weight) if featured else 0))
    into_weight = points.new_zeros((batch * length, 5, len(weight)))
    arrays = arrays_of(points, anchors, weight.t(), frames, index, grad, into, into_weight)
    run_tasks(backward, backward_all, batch * length, *arrays)
    return into, into_weight.sum(0).t().contiguous()


@_tube_rectify_backward.register_fake
def _(
    grad: Tensor,
    points: Tensor,
    anchors: Tensor,
    weight: Tensor,
    frames: Tensor,
    index: Tensor,
    featured: bool,
) -> tuple[Tensor, Tensor]:
    channels = len(weight) if featured else 0
    return points.new_empty((*points.shape[:3], channels)), weight.new_empty(weight.shape)


def _setup(ctx: Any, inputs: tuple[Tensor, ...], output: Tensor) -> None:  # noqa: ANN401
    points, feature, anchors, weight, frames, index = inputs
    ctx.featured = bool(feature.shape[3])
    ctx.save_for_backward(points, anchors, weight, frames, index)


def _grad(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:  # noqa: ANN401
    into, weight = torch.ops.pcv.tube_rectify_backward(grad, *ctx.saved_tensors, ctx.featured)
    return None, into if ctx.featured else None, None, weight, None, None


_tube_rectify.register_autograd(_grad, setup_context=_setup)


@_tube_rectify.register_kernel("cuda")
def _composed(
    points: Tensor, feature: Tensor, anchors: Tensor, weight: Tensor, frames: Tensor, index: Tensor
) -> Tensor:
    taps = []
    for r in range(frames.shape[1]):
        offset = displacement(points, anchors, frames, index, r)
        value = torch.relu(offset @ weight[:, :4].t() + weight[:, 4])
        if feature.shape[3]:
            value = value + gather_frames(feature, frames[:, r], index[:, :, r])
        taps.append(value)
    return torch.stack(taps, 2)


@_tube_rectify_backward.register_kernel("cuda")
def _composed_backward(
    grad: Tensor,
    points: Tensor,
    anchors: Tensor,
    weight: Tensor,
    frames: Tensor,
    index: Tensor,
    featured: bool,
) -> tuple[Tensor, Tensor]:
    into = points.new_zeros((*points.shape[:3], len(weight) if featured else 0))
    into_weight = torch.zeros_like(weight, memory_format=torch.contiguous_format)
    for r in range(frames.shape[1]):
        offset = displacement(points, anchors, frames, index, r)
        offset = torch.cat([offset, torch.ones_like(offset[..., :1])], 4)
        masked = torch.where(offset @ weight.t() > 0, grad[:, :, r], 0.0)
        into_weight += masked.flatten(0, 3).t() @ offset.flatten(0, 3)
        if featured:
            into += sum_frames(grad[:, :, r], frames[:, r], index[:, :, r], points)
    return into, into_weight
