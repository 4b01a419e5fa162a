"""Pairs of splats and tiles."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from pcv.render.projection import Splats
from pcv.render.tiles import cut_tiles


@given(st.integers(0, 40), st.integers(1, 9), st.integers(0, 2**31), st.integers(5, 40))
def test_every_tile_lists_the_splats_that_reach_it_nearest_first(count, side, seed, width):
    draw = torch.Generator().manual_seed(seed)
    centre = torch.rand(count, 2, generator=draw) * 60 - 10
    reach = torch.rand(count, 2, generator=draw).mul(12).ceil()
    depth = torch.rand(count, generator=draw).sort().values
    splats = Splats(torch.arange(count), centre, torch.zeros(count, 3), depth, reach)
    tiles = cut_tiles(splats, (23, width), side)
    assert (tiles.rows, tiles.columns) == (-(-23 // side), -(-width // side))
    for tile in range(tiles.rows * tiles.columns):
        first = int(tiles.start[tile])
        found = tiles.splat[first : first + int(tiles.pairs[tile])]
        low = torch.tensor([tile % tiles.columns, tile // tiles.columns]) * side
        touches = ((centre + reach > low) & (centre - reach < low + side)).all(1)
        assert set(touches.nonzero()[:, 0].tolist()) <= set(found.tolist())
        assert (found.diff() > 0).all()
        assert torch.equal(tiles.middle[tile], (low + side / 2).float())
        assert (tiles.tile[first : first + len(found)] == tile).all()
    assert int(tiles.pairs.sum()) == len(tiles.splat)
