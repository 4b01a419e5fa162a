"""The maxima of a P4D convolution, fused: gather, add and compare without a grouped tensor."""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import Tensor

from pcv.kernels.tube_max import backward, backward_all, forward, forward_all
from pcv.ops.threads import run_tasks
from pcv.ops.tubes import (
    arrays_of,
    check_all_there,
    check_displaced,
    displacement,
    gather_frames,
    sum_frames,
)

MOST = 256  # neighbours that one byte can tell apart


def tube_max(
    points: Tensor,  # (B, L, N, 3)
    feature: Tensor | None,  # (B, L, N, C)
    anchors: Tensor,  # (B, A, M, 3)
    weight: Tensor,  # (C, 4)
    frames: Tensor,  # (A, R) int64
    index: Tensor,  # (B, A, R, M, K) int64
    over_time: Literal["max", "sum"] = "max",
) -> Tensor:  # (B, A, M, C)
    """Take the maximum, over the neighbours of each anchor, of feature plus embedded displacement.

    ``value[k] = feature[b, f, j] + weight @ (points[b, f, j] - anchors[b, a, i], r - R // 2)`` with
    ``f = frames[a, r]`` and ``j = index[b, a, r, i, k]``: addition with spatial maximum in Fan et
    al. (P4Transformer, CVPR 2021). The R maxima are summed, or the largest is taken. Differentiable
    in ``feature`` and ``weight``; points and anchors are constants. Of equal values the first
    neighbour gets the whole gradient. On CUDA the op is composed of torch's own ops, tap by tap.

    Args:
        points: Coordinates of L frames.
        feature: Features already mixed by the layer's feature matrix; None: displacements only.
        anchors: Coordinates of the tube centres in A anchor frames.
        weight: The layer's displacement matrix; the last column is for time, in frames.
        frames: For each anchor frame, the R consecutive frames of its tubes; padding is clamped to
            the first or the last frame.
        index: Neighbours within those frames; ``repeat_first`` has filled empty slots.
        over_time: How the R maxima become one.

    Raises:
        ValueError: If shapes disagree, or a tube has more neighbours than one byte can tell apart.
    """
    check_displaced(points, feature, anchors, weight, frames, index, columns=4)
    if index.shape[2] * index.shape[4] > MOST:
        raise ValueError(
            f"a tube can have at most {MOST} neighbours, index {tuple(index.shape)} holds "
            f"{index.shape[2]} x {index.shape[4]}"
        )
    plain = points.new_empty((*points.shape[:3], 0)) if feature is None else feature
    joint = over_time == "max"
    result: Tensor = torch.ops.pcv.tube_max(points, plain, anchors, weight, frames, index, joint)[0]
    return result


@torch.library.custom_op("pcv::tube_max", mutates_args=(), device_types="cpu")
def _tube_max(
    points: Tensor,
    feature: Tensor,
    anchors: Tensor,
    weight: Tensor,
    frames: Tensor,
    index: Tensor,
    joint: bool,
) -> tuple[Tensor, Tensor]:
    check_all_there(points, frames, index)
    out, chosen = _new_out(points, feature, anchors, weight, frames, index, joint)
    arrays = arrays_of(points, feature, anchors, weight.t(), frames, index, out, chosen)
    arguments: list[Any] = [*arrays[:6], joint, *arrays[6:]]
    run_tasks(forward, forward_all, index.shape[0] * index.shape[1], *arguments)
    return out, chosen


@_tube_max.register_fake
def _new_out(
    points: Tensor,
    feature: Tensor,
    anchors: Tensor,
    weight: Tensor,
    frames: Tensor,
    index: Tensor,
    joint: bool,
) -> tuple[Tensor, Tensor]:
    batch, steps, taps, rows, _ = index.shape
    shape = (batch, steps, rows, 1 if joint else taps, len(weight))
    out = points.new_empty((batch, steps, rows, len(weight)))
    return out, points.new_empty(shape, dtype=torch.uint8)


@torch.library.custom_op("pcv::tube_max_backward", mutates_args=(), device_types="cpu")
def _tube_max_backward(
    grad: Tensor,
    points: Tensor,
    anchors: Tensor,
    frames: Tensor,
    index: Tensor,
    chosen: Tensor,
    featured: bool,
) -> tuple[Tensor, Tensor]:
    batch, length, count = points.shape[:3]
    channels = grad.shape[3]
    into = points.new_zeros((batch, length, count, channels if featured else 0))
    into_weight = points.new_zeros((batch * length, 4, channels))
    arrays = arrays_of(points, anchors, frames, index, chosen, grad, into, into_weight)
    run_tasks(backward, backward_all, batch * length, *arrays)
    return into, into_weight.sum(0).t().contiguous()


@_tube_max_backward.register_fake
def _(
    grad: Tensor,
    points: Tensor,
    anchors: Tensor,
    frames: Tensor,
    index: Tensor,
    chosen: Tensor,
    featured: bool,
) -> tuple[Tensor, Tensor]:
    channels = grad.shape[3]
    into = points.new_empty((*points.shape[:3], channels if featured else 0))
    return into, points.new_empty((channels, 4))


def _setup(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, Tensor]) -> None:  # noqa: ANN401
    points, feature, anchors, _, frames, index, _ = inputs
    ctx.mark_non_differentiable(output[1])
    ctx.featured = bool(feature.shape[3])
    ctx.save_for_backward(points, anchors, frames, index, output[1])


def _grad(ctx: Any, grad: Tensor, _: Tensor) -> tuple[Tensor | None, ...]:  # noqa: ANN401
    into, weight = torch.ops.pcv.tube_max_backward(grad, *ctx.saved_tensors, ctx.featured)
    return None, into if ctx.featured else None, None, weight, None, None, None


_tube_max.register_autograd(_grad, setup_context=_setup)


@_tube_max.register_kernel("cuda")
def _composed(
    points: Tensor,
    feature: Tensor,
    anchors: Tensor,
    weight: Tensor,
    frames: Tensor,
    index: Tensor,
    joint: bool,
) -> tuple[Tensor, Tensor]:
    """Compose the op of torch's own ops, tap by tap: the largest tensor is (B, A, M, K, C)."""
    taps, slots = frames.shape[1], index.shape[4]
    values, winners = [], []
    for r in range(taps):
        value = displacement(points, anchors, frames, index, r) @ weight.t()
        if feature.shape[3]:
            value = value + gather_frames(feature, frames[:, r], index[:, :, r])
        best, which = value.max(3)
        values.append(best)
        winners.append(which)
    stacked, won = torch.stack(values, 3), torch.stack(winners, 3)
    if not joint:
        return stacked.sum(3), won.to(torch.uint8)
    best, tap = stacked.max(3)
    slot = won.gather(3, tap[:, :, :, None])
    return best, (slot + slots * tap[:, :, :, None]).to(torch.uint8)


@_tube_max_backward.register_kernel("cuda")
def _composed_backward(
    grad: Tensor,
    points: Tensor,
    anchors: Tensor,
    frames: Tensor,
    index: Tensor,
    chosen: Tensor,
    featured: bool,
) -> tuple[Tensor, Tensor]:
    """Write winners' gradients into a matrix of neighbours, then sum by point: without atomics."""
    taps, slots, channels = frames.shape[1], index.shape[4], grad.shape[3]
    joint = chosen.shape[3] == 1 and taps > 1
    into = points.new_zeros((*points.shape[:3], channels if featured else 0))
    into_weight = points.new_zeros((channels, 4))
    for r in range(taps):
        slot = chosen[:, :, :, 0 if joint else r].long() - (r * slots if joint else 0)
        here = (slot >= 0) & (slot < slots)
        value = torch.where(here, grad, 0.0)[:, :, :, None]
        spread = value.new_zeros((*grad.shape[:3], slots, channels))
        spread.scatter_(3, slot.clamp(0, slots - 1)[:, :, :, None], value)
        offset = displacement(points, anchors, frames, index, r)
        into_weight += spread.flatten(0, 3).t() @ offset.flatten(0, 3)
        if featured:
            into += sum_frames(spread, frames[:, r], index[:, :, r], points)
    return into, into_weight
