"""The inner sum of a PST convolution, fused: gather, multiply and add without a grouped tensor."""

from __future__ import annotations

from typing import Any

import numba
import torch
from numpy.typing import NDArray
from torch import Tensor

from pcv.ops.native import native

# Sums may be reordered and contracted; NaN and infinity still come through.
FAST = {"contract", "reassoc", "nsz", "arcp"}


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
        feature: Already mixed by the layer's feature matrix.
        anchors: Coordinates of the tube centres in A anchor frames.
        weight: The layer's displacement matrix.
        frames: For each anchor frame, the R frames its tubes reach into.
        index: Neighbours within those frames, as ``ball_query`` returns them.

    Raises:
        ValueError: If shapes disagree.
    """
    batch, length, count, channels = feature.shape
    if points.shape != (batch, length, count, 3):
        raise ValueError(f"points {tuple(points.shape)} do not fit feature {tuple(feature.shape)}")
    if weight.shape != (channels, 3):
        raise ValueError(f"weight must be ({channels}, 3), found {tuple(weight.shape)}")
    if index.shape[:3] != (batch, *frames.shape) or anchors.shape != (
        batch,
        frames.shape[0],
        index.shape[3],
        3,
    ):
        raise ValueError(
            f"index {tuple(index.shape)}, anchors {tuple(anchors.shape)} and frames "
            f"{tuple(frames.shape)} do not fit each other"
        )
    result: Tensor = torch.ops.pcv.tube_sum(points, feature, anchors, weight, frames, index)
    return result


@torch.library.custom_op("pcv::tube_sum", mutates_args=(), device_types="cpu")
def _tube_sum(
    points: Tensor, feature: Tensor, anchors: Tensor, weight: Tensor, frames: Tensor, index: Tensor
) -> Tensor:
    batch, reach = index.shape[0], index.shape[1:3]
    out = feature.new_zeros((batch, reach[0], index.shape[3], reach[1], feature.shape[3]))
    _forward(*_arrays(points, feature, anchors, weight.t(), frames, index), out.numpy())
    return out


@_tube_sum.register_kernel("cuda")
def _(
    points: Tensor, feature: Tensor, anchors: Tensor, weight: Tensor, frames: Tensor, index: Tensor
) -> Tensor:
    found: Tensor = native().tube_sum(points, feature, anchors, weight, frames, index)
    return found


@_tube_sum.register_fake
def _(
    points: Tensor, feature: Tensor, anchors: Tensor, weight: Tensor, frames: Tensor, index: Tensor
) -> Tensor:
    batch, reach = index.shape[0], index.shape[1:3]
    return feature.new_empty((batch, reach[0], index.shape[3], reach[1], feature.shape[3]))


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
    grad_feature = torch.zeros_like(feature, memory_format=torch.contiguous_format)
    grad_weight = feature.new_zeros((feature.shape[0], 3, feature.shape[3]))
    _backward(
        *_arrays(points, feature, anchors, weight.t(), frames, index),
        grad.contiguous().numpy(),
        grad_feature.numpy(),
        grad_weight.numpy(),
    )
    return grad_feature, grad_weight.sum(0).t().contiguous()


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
    found: tuple[Tensor, Tensor] = native().tube_sum_backward(
        grad, points, feature, anchors, weight, frames, index
    )
    return found


@_tube_sum_backward.register_fake
def _(
    grad: Tensor,
    points: Tensor,
    feature: Tensor,
    anchors: Tensor,
    weight: Tensor,
    frames: Tensor,
    index: Tensor,
) -> tuple[Tensor, Tensor]:
    return torch.empty_like(feature, memory_format=torch.contiguous_format), torch.empty_like(
        weight, memory_format=torch.contiguous_format
    )


def _setup(ctx: Any, inputs: tuple[Tensor, ...], output: Tensor) -> None:  # noqa: ANN401
    ctx.save_for_backward(*inputs)


def _grad(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:  # noqa: ANN401
    grad_feature, grad_weight = torch.ops.pcv.tube_sum_backward(grad, *ctx.saved_tensors)
    return None, grad_feature, None, grad_weight, None, None


_tube_sum.register_autograd(_grad, setup_context=_setup)


def _arrays(*tensors: Tensor) -> list[NDArray[Any]]:
    return [tensor.detach().contiguous().numpy() for tensor in tensors]


@numba.njit(parallel=True, cache=True, fastmath=FAST)
def _forward(points, feature, anchors, weight, frames, index, out):
    batch, anchor_frames, reach, count, neighbours = index.shape
    for b in numba.prange(batch):
        for a in range(anchor_frames):
            for r in range(reach):
                f = frames[a, r]
                if f < 0:
                    continue
                for i in range(count):
                    row = out[b, a, i, r]
                    for k in range(neighbours):
                        j = index[b, a, r, i, k]
                        if j < 0:
                            continue
                        x = points[b, f, j, 0] - anchors[b, a, i, 0]
                        y = points[b, f, j, 1] - anchors[b, a, i, 1]
                        z = points[b, f, j, 2] - anchors[b, a, i, 2]
                        value = feature[b, f, j]
                        for c in range(row.size):
                            row[c] += value[c] * (
                                x * weight[0, c] + y * weight[1, c] + z * weight[2, c]
                            )


@numba.njit(parallel=True, cache=True, fastmath=FAST)
def _backward(
    points,
    feature,
    anchors,
    weight,
    frames,
    index,
    grad,
    grad_feature,
    grad_weight,
):
    batch, anchor_frames, reach, count, neighbours = index.shape
    for b in numba.prange(batch):
        wx, wy, wz = grad_weight[b, 0], grad_weight[b, 1], grad_weight[b, 2]
        for a in range(anchor_frames):
            for r in range(reach):
                f = frames[a, r]
                if f < 0:
                    continue
                for i in range(count):
                    row = grad[b, a, i, r]
                    for k in range(neighbours):
                        j = index[b, a, r, i, k]
                        if j < 0:
                            continue
                        x = points[b, f, j, 0] - anchors[b, a, i, 0]
                        y = points[b, f, j, 1] - anchors[b, a, i, 1]
                        z = points[b, f, j, 2] - anchors[b, a, i, 2]
                        value, into = feature[b, f, j], grad_feature[b, f, j]
                        for c in range(row.size):
                            g = row[c]
                            u = g * value[c]
                            into[c] += g * (x * weight[0, c] + y * weight[1, c] + z * weight[2, c])
                            wx[c] += u * x
                            wy[c] += u * y
                            wz[c] += u * z
