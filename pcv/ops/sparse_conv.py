"""Convolution over pairs of rows: submanifold, strided and inverse ones are one operator."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from pcv.ops.spconv_backend import convolve_spconv

SparseBackend = Literal["torch", "spconv-triton"]


class Pairs(NamedTuple):
    """P pairs: which input row is added to which output row, through which of O weights."""

    source: Tensor  # (P,) int64 input rows, sorted by weight
    target: Tensor  # (P,) int64 output rows
    counts: tuple[int, ...]  # number of pairs of each of the O weights
    inputs: int  # number of input rows
    outputs: int  # number of output rows
    identity: int = -1  # the weight that pairs every row with itself, in order; -1: there is none

    def reverse(self) -> Pairs:
        """Return the pairs of the inverse convolution."""
        return self._replace(
            source=self.target, target=self.source, inputs=self.outputs, outputs=self.inputs
        )


def sparse_convolve(
    feature: Tensor,  # (inputs, C)
    weight: Tensor,  # (O, C, D)
    pairs: Pairs,
    backend: SparseBackend = "torch",
) -> Tensor:  # (outputs, D)
    """Add ``feature[source] @ weight`` to the target rows, weight by weight.

    The rows of one weight are gathered at a time, so that no (outputs, O, C) tensor is ever held,
    forward or backward. Under autocast products are in its type and sums in float32.

    Raises:
        ValueError: Shapes disagree.
        KernelError: The backend is missing or needs another device.
    """
    if weight.shape[:2] != (len(pairs.counts), feature.shape[1]):
        raise ValueError(f"weight {tuple(weight.shape)} does not fit {len(pairs.counts)} kernel "
                         f"cells and {feature.shape[1]} channels")  # fmt: skip
    if len(feature) != pairs.inputs:
        raise ValueError(f"expected {pairs.inputs} rows of features, found {len(feature)}")
    kind = feature.device.type
    if torch.is_autocast_enabled(kind):
        cast = torch.get_autocast_dtype(kind)
        feature, weight = feature.to(cast), weight.to(cast)
    if backend == "spconv-triton":
        return convolve_spconv(feature, weight, pairs.source, pairs.target, pairs.counts,
                               pairs.outputs)  # fmt: skip
    found: Tensor = _SparseConvolve.apply(feature, weight, pairs)
    return found


class _SparseConvolve(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, feature: Tensor, weight: Tensor, pairs: Pairs) -> Tensor:  # noqa: ANN401
        ctx.save_for_backward(feature, weight)
        ctx.pairs = pairs
        wide = torch.promote_types(feature.dtype, torch.float32)
        out = torch.zeros(pairs.outputs, weight.shape[2], dtype=wide, device=feature.device)
        if pairs.identity >= 0:
            out += feature @ weight[pairs.identity]
        for index, source, target in _by_weight(pairs):
            out.index_add_(0, target, (feature.index_select(0, source) @ weight[index]).to(wide))
        return out.to(feature.dtype)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, None]:  # noqa: ANN401
        feature, weight = ctx.saved_tensors
        pairs: Pairs = ctx.pairs
        wide = torch.promote_types(feature.dtype, torch.float32)
        into = torch.zeros(feature.shape, dtype=wide, device=feature.device)
        into_weight = torch.zeros_like(weight)
        grad = grad.contiguous()
        if pairs.identity >= 0:
            into += grad @ weight[pairs.identity].T
            into_weight[pairs.identity] = feature.T @ grad
        for index, source, target in _by_weight(pairs):
            asked = grad.index_select(0, target)
            into_weight[index] = feature.index_select(0, source).T @ asked
            into.index_add_(0, source, (asked @ weight[index].T).to(wide))
        return into.to(feature.dtype), into_weight, None


def _by_weight(pairs: Pairs) -> list[tuple[int, Tensor, Tensor]]:
    """List each weight that has pairs, except the identity, with their source and target rows."""
    sources, targets = pairs.source.split(pairs.counts), pairs.target.split(pairs.counts)
    return [
        (index, sources[index], targets[index])
        for index, count in enumerate(pairs.counts)
        if count and index != pairs.identity
    ]
