"""Finding the splats that reach each square of pixels."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from pcv.render.projection import Splats

SLACK = 0.05  # added to a limit of squared distance: far above its rounding error


class Tiles(NamedTuple):
    """An image cut into squares, and P pairs of a tile and a splat, sorted by tile."""

    splat: Tensor  # (P,) int64, the splat of each pair, nearest first in each tile
    tile: Tensor  # (P,) int64, the tile of each pair
    start: Tensor  # (tiles,) int64, where each tile's pairs start
    pairs: Tensor  # (tiles,) int64, number of pairs of each tile
    middle: Tensor  # (tiles, 2) pixels, x and y of the middles
    rows: int  # rows of tiles
    columns: int  # columns of tiles


def cut_tiles(splats: Splats, size: tuple[int, int], side: int) -> Tiles:
    """Pair each splat with the tiles in which the middle of some pixel is within its reach."""
    height, width = size
    rows, columns = -(-height // side), -(-width // side)
    device = splats.centre.device
    with torch.no_grad():
        splat, column, row = _boxes(splats, (rows, columns), side)
        kept = _touches(splats, splat, column, row, side).nonzero()[:, 0]
        tile = (row * columns + column).index_select(0, kept)
        narrow = tile.to(torch.int16) if rows * columns < 1 << 15 else tile  # sorted faster
        order = narrow.sort(stable=True).indices  # the splats of a tile stay nearest first
        tile = tile.index_select(0, order).long()
        splat = splat.index_select(0, kept.index_select(0, order)).long()
        count = torch.bincount(tile, minlength=rows * columns)
        grid = torch.arange(rows * columns, device=device)
        corner = torch.stack([grid % columns, grid // columns], 1)
        middle = (corner + 0.5).to(splats.centre.dtype) * side
    return Tiles(splat, tile, count.cumsum(0) - count, count, middle, rows, columns)


def _boxes(
    splats: Splats, most: tuple[int, int], side: int
) -> tuple[Tensor, Tensor, Tensor]:  # (P,) int32 each: splat, column, row
    """List the tiles in which a pixel's middle lies in the box around a splat, splat by splat."""
    low, high = splats.centre - splats.reach, splats.centre + splats.reach
    end = torch.tensor(most[::-1], device=low.device, dtype=torch.int32)
    first = ((low + 0.5) / side - 1).ceil().clamp(min=0).int()
    last = ((high - 0.5) / side).floor().int().add_(1).minimum(end)
    extent = (last - first).clamp_(min=0)  # (S, 2)
    pairs = extent[:, 0] * extent[:, 1]
    splat = torch.repeat_interleave(pairs)
    before = pairs.cumsum(0, dtype=torch.int32) - pairs
    table = torch.stack([before, extent[:, 0], *first.unbind(1)]).index_select(1, splat)
    start, wide, column, row = table.unbind(0)
    number = torch.arange(len(splat), device=low.device, dtype=torch.int32) - start
    down = torch.div(number, wide, rounding_mode="floor")
    return splat, column + number - down * wide, row + down


def _touches(splats: Splats, splat: Tensor, column: Tensor, row: Tensor, side: int) -> Tensor:
    """Say whether each ellipse meets the box around the middles of its tile's pixels.

    Where its centre lies outside, the nearest position, measured by the ellipse's own distance, is
    on one of the two edges that face the centre.
    """
    packed = torch.cat([splats.centre.T, splats.conic.T, splats.limit[None]])
    x, y, xx, xy, yy, limit = packed.index_select(1, splat).unbind(0)
    left, top = column * side + 0.5 - x, row * side + 0.5 - y
    right, bottom = left + (side - 1), top + (side - 1)
    along, down = (
        low.clamp(min=0) + high.clamp(max=0) for low, high in ((left, right), (top, bottom))
    )
    y_there = (-xy * along / yy).clamp(top, bottom)
    x_there = (-xy * down / xx).clamp(left, right)
    first = xx * along * along + (2 * xy * along + yy * y_there) * y_there
    second = yy * down * down + (2 * xy * down + xx * x_there) * x_there
    return torch.minimum(first, second) <= limit + SLACK
