"""Which splats reach which square of pixels."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from pcv.render.projection import Splats


class Tiles(NamedTuple):
    """An image cut into squares, and the splats of each, nearest first."""

    splat: Tensor  # (P,) int64, a splat a pair, tile by tile
    tile: Tensor  # (P,) int64, the tile of each pair
    start: Tensor  # (tiles,) int64, where each tile's pairs start
    pairs: Tensor  # (tiles,) int64, how many each has
    middle: Tensor  # (tiles, 2) pixels, x and y of the middles
    rows: int  # of tiles
    columns: int


def cut_tiles(splats: Splats, size: tuple[int, int], side: int) -> Tiles:
    """Pair splats with the tiles that they reach."""
    height, width = size
    rows, columns = -(-height // side), -(-width // side)
    device = splats.centre.device
    with torch.no_grad():
        most = torch.tensor([columns, rows], device=device)
        first = ((splats.centre - splats.reach) / side).floor().clamp(min=0).long()
        last = ((splats.centre + splats.reach) / side).ceil().long().minimum(most)
        extent = (last - first).clamp(min=0)  # (S, 2)
        pairs = extent.prod(1)
        splat = torch.repeat_interleave(pairs)
        place = torch.arange(len(splat), device=device) - (pairs.cumsum(0) - pairs)[splat]
        wide = extent[splat, 0]
        down = torch.div(place, wide, rounding_mode="floor")
        tile = (first[splat, 1] + down) * columns + first[splat, 0] + place - down * wide
        tile, order = tile.sort(stable=True)  # the splats of a tile stay nearest first
        splat = splat[order]
        count = torch.bincount(tile, minlength=rows * columns)
        grid = torch.arange(rows * columns, device=device)
        corner = torch.stack([grid % columns, grid // columns], 1)
        middle = (corner + 0.5).to(splats.centre.dtype) * side
    return Tiles(splat, tile, count.cumsum(0) - count, count, middle, rows, columns)
