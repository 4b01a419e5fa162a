"""A linear map of grouped rows and its maximum over each group, without storing all products."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from pcv.kernels.linear_max import (
    pool,
    pool_all,
    to_inputs,
    to_inputs_all,
    to_weight,
    to_weight_all,
)
from pcv.ops.threads import run_tasks
from pcv.ops.tubes import arrays_of

ROWS = 1 << 14  # rows of a product at a time


def linear_max(
    rows: Tensor,  # (G, K, C)
    weight: Tensor,  # (C', C)
    moments: bool,
) -> tuple[Tensor, Tensor, Tensor]:  # (G, C'), (C,), (C, C)
    """Return the maximum over K of ``rows @ weight.T``, and mean and covariance of all rows.

    Batch normalisation needs the mean and the variance of the products. They follow from the rows'
    moments: ``weight @ mean`` and ``diag(weight @ covariance @ weight.T)``. So the products are
    pooled as they are computed, and backward sends a group's gradient to its winners only.
    Differentiable in ``rows`` and ``weight``; of equal values the first gets the whole gradient.
    On CUDA it is composed of torch's own ops.

    Args:
        rows: K rows per group.
        weight: Linear map without a bias.
        moments: Whether mean and covariance are wanted; else they are 0.

    Raises:
        ValueError: If shapes disagree, or K is above 256 (a winner is stored in one byte).
    """
    if rows.dim() != 3 or weight.dim() != 2 or rows.shape[2] != weight.shape[1]:
        raise ValueError(f"rows {tuple(rows.shape)} do not fit weight {tuple(weight.shape)}")
    if not 1 <= rows.shape[1] <= 256:
        raise ValueError(f"a group must have 1 to 256 rows, found {rows.shape[1]}")
    best, _, mean, covariance = torch.ops.pcv.linear_max(rows, weight, moments)
    return best, mean, covariance


@torch.library.custom_op("pcv::linear_max", mutates_args=(), device_types=("cpu", "cuda"))
def _linear_max(
    rows: Tensor, weight: Tensor, moments: bool
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    best, chosen, mean, covariance = _new_out(rows, weight, moments)
    mean.zero_()
    covariance.zero_()
    flat, step = rows.flatten(0, 1), max(1, ROWS // rows.shape[1])
    if moments:
        mean.copy_(flat.mean(0))
    for start in range(0, len(rows), step):
        part = rows[start : start + step]
        value = part @ weight.t()
        _pool(value, best[start : start + step], chosen[start : start + step])
        if moments:
            centred = part.flatten(0, 1) - mean
            covariance.addmm_(centred.t(), centred)
    return best, chosen, mean, covariance.div_(len(flat))


@_linear_max.register_fake
def _new_out(rows: Tensor, weight: Tensor, moments: bool) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    shape, channels = (rows.shape[0], weight.shape[0]), weight.shape[1]
    chosen = rows.new_empty(shape, dtype=torch.uint8)
    return (
        rows.new_empty(shape), chosen, rows.new_empty(channels), rows.new_empty(channels, channels)
    )  # fmt: skip


def _pool(value: Tensor, best: Tensor, chosen: Tensor) -> None:
    if value.is_cuda:
        found = value.max(1)
        best.copy_(found.values)
        chosen.copy_(found.indices)
        return
    arrays = arrays_of(value, best, chosen)
    run_tasks(pool, pool_all, len(value), *arrays)


@torch.library.custom_op("pcv::linear_max_backward", mutates_args=(), device_types=("cpu", "cuda"))
def _linear_max_backward(
    grad: Tensor,
    grad_mean: Tensor,
    grad_covariance: Tensor,
    rows: Tensor,
    weight: Tensor,
    chosen: Tensor,
    mean: Tensor,
    moments: bool,
) -> tuple[Tensor, Tensor]:
    into_weight = torch.zeros_like(weight, memory_format=torch.contiguous_format)
    into = torch.zeros_like(rows, memory_format=torch.contiguous_format)
    if moments:
        count = rows.shape[0] * rows.shape[1]
        mix = (grad_covariance + grad_covariance.t()) / count
        step = max(1, ROWS // rows.shape[1])
        for part, out in zip(rows.split(step), into.split(step), strict=True):
            torch.addmm(grad_mean / count, (part - mean).flatten(0, 1), mix, out=out.flatten(0, 1))
    if rows.is_cuda:
        _scatter(grad, chosen, rows, weight, into, into_weight)
        return into, into_weight
    to_rows = arrays_of(grad, chosen, weight, into)
    run_tasks(to_inputs, to_inputs_all, len(rows), *to_rows)
    to_matrix = arrays_of(grad, chosen, rows, into_weight)
    run_tasks(to_weight, to_weight_all, len(weight), *to_matrix)
    return into, into_weight


@_linear_max_backward.register_fake
def _(
    grad: Tensor,
    grad_mean: Tensor,
    grad_covariance: Tensor,
    rows: Tensor,
    weight: Tensor,
    chosen: Tensor,
    mean: Tensor,
    moments: bool,
) -> tuple[Tensor, Tensor]:
    return rows.new_empty(rows.shape), weight.new_empty(weight.shape)


def _scatter(
    grad: Tensor, chosen: Tensor, rows: Tensor, weight: Tensor, into: Tensor, into_weight: Tensor
) -> None:
    """Compose both gradients of torch's ops: write winners' gradients into a matrix, multiply.

    A few groups at a time, since the matrix holds every row.
    """
    step = max(1, ROWS // rows.shape[1])
    for start in range(0, len(rows), step):
        part = slice(start, start + step)
        spread = grad.new_zeros((*rows[part].shape[:2], len(weight)))
        spread.scatter_(1, chosen[part].long()[:, None], grad[part][:, None])
        into[part] += spread @ weight
        into_weight += spread.flatten(0, 1).t() @ rows[part].flatten(0, 1)


def _setup(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:  # noqa: ANN401
    rows, weight, ctx.moments = inputs
    ctx.mark_non_differentiable(output[1])
    ctx.save_for_backward(rows, weight, output[1], output[2])


def _grad(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:  # noqa: ANN401
    best, _, mean, covariance = grads
    into, weight = torch.ops.pcv.linear_max_backward(
        best, mean, covariance, *ctx.saved_tensors, ctx.moments
    )
    return into, weight, None


_linear_max.register_autograd(_grad, setup_context=_setup)
