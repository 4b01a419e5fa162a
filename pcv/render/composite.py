"""Front-to-back blending of splats, tile by tile, in memory that does not grow with the image."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from pcv.render.projection import FAINTEST

# The first splat behind which no more light than this is left, and all behind it, are not drawn.
STOP = 1e-4
SLOTS = 24  # splats of a tile that are blended at once
FAR = -20.0  # logarithm of an alpha that counts as 0; exp of much less is denormal, thus slow


class Layout(NamedTuple):
    """P pairs of a tile and a splat, sorted by tile, and how much is blended at once."""

    splat: Tensor  # (P,) int32 or int64, the splat of each pair, nearest first in each tile
    start: Tensor  # (tiles,) int64, where each tile's pairs start
    pairs: Tensor  # (tiles,) int64, number of pairs of each tile
    side: int  # pixels per side of a tile
    cap: float  # largest alpha of one splat in one pixel
    budget: int  # approximate number of elements of the largest array


def blend(exponent: Tensor, values: Tensor, layout: Layout) -> Tensor:
    """Sum values with the weights of alpha blending.

    A pixel at (x, y) from its tile's middle sees pair k with
    ``alpha_k = min(cap, exp(exponent[:, k] . (1, x, y, x^2, xy, y^2)))``, or with 0 if that is
    below 1 / 255. Nearer splats hide it in part: ``weight_k = alpha_k * prod_{j<k} (1 - alpha_j)``.
    Where the product over j <= k is 1e-4 or less, k and all splats behind it are not drawn.

    Args:
        exponent: (6, P) coefficients, differentiable.
        values: (S, D) values of the splats, differentiable.
        layout: Pairs of splats and tiles.

    Returns:
        (tiles, side * side, D), the pixels of a tile row by row.
    """
    blank = exponent.new_zeros(6, 1)
    blank[0, 0] = FAR
    image: Tensor = _Blend.apply(
        torch.cat([exponent, blank], 1), torch.cat([values, values.new_zeros(1, values.shape[1])]),
        layout,
    )  # fmt: skip
    return image


class _Slice(NamedTuple):
    """Up to ``SLOTS`` splats of each of A tiles, and the light that nearer splats let through."""

    tiles: Tensor  # (A,) int64
    pairs: Tensor  # (A K,) int64, P where there is none
    passed: Tensor  # (A, px) transmittance of the nearer splats


class _Blended(NamedTuple):
    odds: Tensor  # (A, px, K) alpha / (1 - alpha)
    weight: Tensor  # (A, px, K) alpha times the light that reaches it, 0 where it is not drawn
    passed: Tensor  # (A, px) transmittance of the nearer splats and of all splats of the slice
    capped: Tensor | None  # (A, px, K) bool, where alpha is ``cap``; None: nowhere


class _Scratch:
    """Arrays that every slice writes again: newly allocated memory costs more than filling it."""

    def __init__(self, like: Tensor) -> None:
        self.like = like
        self.held: dict[str, Tensor] = {}

    def __call__(self, name: str, *shape: int) -> Tensor:
        size = math.prod(shape)
        if name not in self.held or self.held[name].numel() < size:
            self.held[name] = self.like.new_empty(size)
        return self.held[name][:size].view(shape)


class _Blend(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, exponent: Tensor, values: Tensor, layout: Layout) -> Tensor:  # noqa: ANN401
        basis, scratch = _basis(layout.side, exponent), _Scratch(values)
        splat = torch.cat([layout.splat, layout.splat.new_tensor([len(values) - 1])])
        image = values.new_zeros(len(layout.start), layout.side**2, values.shape[1])
        ctx.layout, ctx.slices, ctx.scratch = layout, [], scratch
        ctx.save_for_backward(exponent, values, splat, basis)
        for tiles in _chunks(layout):
            for part, found in _slices(tiles, layout, exponent, basis, scratch):
                seen = _seen(values, splat, part, scratch)
                shape = (len(part.tiles), *image.shape[1:])
                drawn = torch.bmm(found.weight, seen, out=scratch("image", *shape))
                image.index_add_(0, part.tiles, drawn)
                ctx.slices.append(part)
        return image

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, None]:  # noqa: ANN401
        exponent, values, splat, basis = ctx.saved_tensors
        into, into_values = torch.zeros_like(exponent), torch.zeros_like(values)
        behind = grad.new_zeros(grad.shape[:2])  # what splats behind a slice add to the loss
        nearer, scratch = _nearer(grad), ctx.scratch
        for part in reversed(ctx.slices):
            odds, weight, _, capped = _blended(part, exponent, basis, ctx.layout.cap, scratch)
            tiles, pixels, slots = weight.shape
            asked = torch.index_select(
                grad, 0, part.tiles, out=scratch("image", tiles, pixels, grad.shape[2])
            )
            seen = _seen(values, splat, part, scratch)
            gain = torch.bmm(asked, seen.mT, out=scratch("gain", *weight.shape))
            torch.bmm(weight.mT, asked, out=seen)
            into_values.index_add_(0, splat.index_select(0, part.pairs), seen.flatten(0, 1))
            gain *= weight
            later = torch.mm(
                gain.flatten(0, 1), nearer.T, out=scratch("later", tiles * pixels, slots)
            ).view(weight.shape)
            later += behind.index_select(0, part.tiles)[:, :, None]
            behind.index_copy_(0, part.tiles, later[:, :, 0] + gain[:, :, 0])
            later *= odds
            slope = gain.sub_(later)
            if capped is not None:
                slope.masked_fill_(capped, 0.0)
            found = torch.bmm(basis.expand(tiles, -1, -1), slope)  # (A, 6, K)
            into.index_copy_(1, part.pairs, found.transpose(0, 1).reshape(6, -1))
        return into, into_values, None


def _chunks(layout: Layout) -> Iterator[Tensor]:
    """Yield the tiles that are blended together."""
    many = max(1, layout.budget // (layout.side**2 * SLOTS))
    yield from layout.pairs.nonzero()[:, 0].split(many)


def _slices(
    tiles: Tensor, layout: Layout, exponent: Tensor, basis: Tensor, scratch: _Scratch
) -> Iterator[tuple[_Slice, _Blended]]:
    """Yield splats of some tiles from front to back, until they end or hide all behind them."""
    slot = torch.arange(SLOTS, device=tiles.device)
    passed = basis.new_ones(len(tiles), basis.shape[1])
    start, count = layout.start[tiles], layout.pairs[tiles]
    for first in range(0, int(count.max()) if len(count) else 0, SLOTS):
        left = count - first
        open_ = (left > 0) & (passed.amax(1) > STOP)
        if not bool(open_.all()):
            tiles, passed, left = tiles[open_], passed[open_], left[open_]
            start, count = start[open_], count[open_]
            if not len(tiles):
                return
        pairs = start[:, None] + first + slot
        pairs = torch.where(slot < left[:, None], pairs, exponent.shape[1] - 1)
        part = _Slice(tiles, pairs.flatten(), passed)
        found = _blended(part, exponent, basis, layout.cap, scratch)
        yield part, found
        passed = found.passed


def _blended(
    part: _Slice, exponent: Tensor, basis: Tensor, cap: float, scratch: _Scratch
) -> _Blended:
    """Compute how much of each pixel a slice's splats cover, and how much of that is seen."""
    tiles, pixels = part.passed.shape
    shape = (tiles, pixels, SLOTS)
    polynomials = exponent.index_select(1, part.pairs).view(6, tiles, SLOTS).transpose(0, 1)
    alpha = torch.bmm(basis.T.expand(tiles, -1, -1), polynomials, out=scratch("odds", *shape))
    alpha.clamp_(min=FAR).exp_()
    capped = None
    if bool(alpha.amax() >= cap):  # rare; skipping it saves passes over all of alpha
        capped = alpha >= cap
        alpha.clamp_(max=cap)
    torch.threshold_(alpha, FAINTEST, 0.0)
    rest = torch.sub(alpha.new_ones(()), alpha, out=scratch("weight", *shape))
    odds = alpha.div_(rest)
    rest[:, :, 0] *= part.passed
    passed = rest.cumprod_(2)  # behind each
    last = passed[:, :, -1].clone()
    weight = torch.threshold_(passed, STOP, 0.0).mul_(odds)
    return _Blended(odds, weight, last, capped)


def _seen(values: Tensor, splat: Tensor, part: _Slice, scratch: _Scratch) -> Tensor:  # (A, K, D)
    index = splat.index_select(0, part.pairs)
    rows = scratch("seen", len(index), values.shape[1])
    return torch.index_select(values, 0, index, out=rows).unflatten(0, (-1, SLOTS))


def _nearer(like: Tensor) -> Tensor:  # (K, K)
    """Return a matrix with 1 where the row's slot is nearer than the column's."""
    return torch.ones(SLOTS, SLOTS, dtype=like.dtype, device=like.device).triu_(1)


def _basis(side: int, like: Tensor) -> Tensor:  # (6, side * side)
    """Return 1, x, y, x^2, xy and y^2 of the pixels of a tile."""
    along = torch.arange(side, dtype=like.dtype, device=like.device) + 0.5 - side / 2
    y, x = (axis.flatten() for axis in torch.meshgrid(along, along, indexing="ij"))
    return torch.stack([torch.ones_like(x), x, y, x * x, x * y, y * y])
