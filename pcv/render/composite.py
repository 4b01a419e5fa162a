"""Front-to-back blending of splats, tile by tile, in memory that does not grow with the image."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from pcv.render.projection import FAINTEST

STOP = 1e-4  # a splat that would let through no more than this is the first not drawn
SLOTS = 32  # splats of a tile that are blended at once
KEPT = 1 << 25  # numbers that are kept for the gradient; beyond that they are computed again
ABSENT = -1e4  # logarithm of the opacity in empty slots


class Layout(NamedTuple):
    """Where the splats of each tile stand, and how much is blended at once."""

    splat: Tensor  # (P,) int64, which splat each pair draws, nearest first in each tile
    start: Tensor  # (tiles,) int64
    pairs: Tensor  # (tiles,) int64, how many each has
    side: int  # pixels
    cap: float  # largest alpha of one splat in one pixel
    budget: int  # numbers in the largest array, about


def blend(exponent: Tensor, values: Tensor, layout: Layout) -> Tensor:
    """Sum values with the weights of alpha blending.

    Pixel p of a tile, at (x, y) from the tile's middle, sees pair k with
    ``alpha = min(cap, exp(exponent[k] . (1, x, y, x^2, xy, y^2)))``, nothing where that is below
    1 / 255, and behind everything nearer: ``weight = alpha_k * prod_{j<k} (1 - alpha_j)``. Where
    that product including k is 1e-4 or less, k and all behind it are not drawn.

    Args:
        exponent: (P, 6) coefficients, differentiable.
        values: (S, D) of the splats, differentiable.
        layout: Pairs of splats and tiles.

    Returns:
        (tiles, side * side, D), the pixels of a tile row by row.
    """
    blank = exponent.new_zeros(1, 6)
    blank[0, 0] = ABSENT
    image: Tensor = _Blend.apply(
        torch.cat([exponent, blank]), torch.cat([values, values.new_zeros(1, values.shape[1])]),
        layout,
    )  # fmt: skip
    return image


class _Slice(NamedTuple):
    """Up to ``SLOTS`` splats of each of some tiles, and what had passed those nearer."""

    tiles: Tensor  # (A,) int64
    pairs: Tensor  # (A K,) int64, P where there is none
    passed: Tensor  # (A, px) transmittance


class _Blended(NamedTuple):
    alpha: Tensor  # (A, px, K)
    rest: Tensor  # (A, px, K) 1 - alpha
    weight: Tensor  # (A, px, K) alpha times what reaches it, 0 where it is not drawn
    passed: Tensor  # (A, px) as in ``_Slice``, behind all of them


class _Blend(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, exponent: Tensor, values: Tensor, layout: Layout) -> Tensor:  # noqa: ANN401
        basis = _basis(layout.side, exponent)
        splat = torch.cat([layout.splat, layout.splat.new_tensor([len(values) - 1])])
        image = values.new_zeros(len(layout.start), layout.side**2, values.shape[1])
        ctx.layout, ctx.slices, room = layout, [], KEPT * any(ctx.needs_input_grad)
        ctx.save_for_backward(exponent, values, splat, basis)
        for tiles in _chunks(layout):
            for part, found in _slices(tiles, layout, exponent, basis):
                seen = _rows(values, splat[part.pairs], len(part.tiles))
                image.index_add_(0, part.tiles, found.weight @ seen)
                room -= 3 * found.weight.numel()
                ctx.slices.append((part, found if room > 0 else None))
        return image

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, None]:  # noqa: ANN401
        exponent, values, splat, basis = ctx.saved_tensors
        into, into_values = torch.zeros_like(exponent), torch.zeros_like(values)
        behind = grad.new_zeros(grad.shape[:2])  # what splats behind a slice add to the loss
        nearer = _nearer(grad)
        for part, found in reversed(ctx.slices):
            alpha, rest, weight, _ = found or _blended(part, exponent, basis, ctx.layout.cap)
            which, asked = splat[part.pairs], grad.index_select(0, part.tiles)
            gain = asked @ _rows(values, which, len(part.tiles)).transpose(1, 2)  # (A, px, K)
            into_values.index_add_(0, which, (weight.transpose(1, 2) @ asked).flatten(0, 1))
            gain *= weight
            later = gain @ nearer.T
            later += behind.index_select(0, part.tiles)[:, :, None]
            behind.index_add_(0, part.tiles, gain.sum(2))
            later *= alpha
            later /= rest
            slope = gain.sub_(later)
            if bool(alpha.amax() >= ctx.layout.cap):  # rare, and comparing all is dear
                slope *= alpha < ctx.layout.cap
            into.index_copy_(0, part.pairs, torch.matmul(basis, slope).mT.flatten(0, 1))
        return into, into_values, None


def _chunks(layout: Layout) -> Iterator[Tensor]:
    """Tiles that are blended together."""
    many = max(1, layout.budget // (layout.side**2 * SLOTS))
    yield from layout.pairs.nonzero()[:, 0].split(many)


def _slices(
    tiles: Tensor, layout: Layout, exponent: Tensor, basis: Tensor
) -> Iterator[tuple[_Slice, _Blended]]:
    """Splats of some tiles from front to back, until they end or hide all behind them."""
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
        pairs = torch.where(slot < left[:, None], pairs, len(exponent) - 1)
        part = _Slice(tiles, pairs.flatten(), passed)
        found = _blended(part, exponent, basis, layout.cap)
        yield part, found
        passed = found.passed


def _blended(part: _Slice, exponent: Tensor, basis: Tensor, cap: float) -> _Blended:
    """What each splat of a slice covers of each pixel, and how much of that is seen."""
    polynomials = _rows(exponent, part.pairs, len(part.tiles))
    alpha = torch.matmul(basis.T, polynomials.transpose(1, 2)).exp_()  # (A, px, K)
    alpha.clamp_(max=cap)
    torch.threshold_(alpha, FAINTEST, 0.0)
    rest = 1 - alpha
    passed = rest.cumprod(2).mul_(part.passed[:, :, None])  # behind each
    last = passed[:, :, -1].clone()
    weight = torch.threshold_(passed, STOP, 0.0).div_(rest).mul_(alpha)
    return _Blended(alpha, rest, weight, last)


def _rows(values: Tensor, index: Tensor, tiles: int) -> Tensor:  # (A, K, ...)
    return values.index_select(0, index).unflatten(0, (tiles, SLOTS))


def _nearer(like: Tensor) -> Tensor:  # (K, K)
    """1 where the row's slot is nearer than the column's."""
    return torch.ones(SLOTS, SLOTS, dtype=like.dtype, device=like.device).triu_(1)


def _basis(side: int, like: Tensor) -> Tensor:  # (6, side * side)
    """1, x, y, x^2, xy and y^2 of the pixels of a tile."""
    along = torch.arange(side, dtype=like.dtype, device=like.device) + 0.5 - side / 2
    y, x = (axis.flatten() for axis in torch.meshgrid(along, along, indexing="ij"))
    return torch.stack([torch.ones_like(x), x, y, x * x, x * y, y * y])
