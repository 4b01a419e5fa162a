"""Pairs of splats and tiles."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from pcv.render.projection import Splats
from pcv.render.tiles import cut_tiles


def splats(count, seed):
    """Ellipses of any direction and length in and around an image."""
    draw = torch.Generator().manual_seed(seed)
    centre = torch.rand(count, 2, generator=draw) * 60 - 10
    depth = torch.rand(count, generator=draw).sort().values
    root = torch.randn(count, 2, 2, generator=draw) * torch.rand(count, 1, 2, generator=draw) * 3
    covariance = root @ root.mT + 0.3 * torch.eye(2)
    xx, xy, yy = covariance[:, 0, 0], covariance[:, 0, 1], covariance[:, 1, 1]
    conic = torch.stack([yy, -xy, xx], 1) / (xx * yy - xy * xy)[:, None]
    limit = torch.rand(count, generator=draw) * 11
    reach = (limit[:, None] * torch.stack([xx, yy], 1)).sqrt()
    return Splats(torch.arange(count), centre, conic, depth, reach, limit)


@given(st.integers(0, 40), st.integers(1, 9), st.integers(0, 2**31), st.integers(5, 40))
def test_every_tile_lists_the_splats_that_reach_a_pixel_of_it_nearest_first(
    count, side, seed, width
):
    given_ = splats(count, seed)
    tiles = cut_tiles(given_, (23, width), side)
    assert (tiles.rows, tiles.columns) == (-(-23 // side), -(-width // side))
    xx, xy, yy = given_.conic.double().unbind(1)
    along = torch.arange(side) + 0.5
    pixels = torch.stack(torch.meshgrid(along, along, indexing="xy"), -1).reshape(-1, 1, 2)
    needless = 0
    for tile in range(tiles.rows * tiles.columns):
        first = int(tiles.start[tile])
        found = tiles.splat[first : first + int(tiles.pairs[tile])]
        low = torch.tensor([tile % tiles.columns, tile // tiles.columns]) * side
        x, y = (pixels + low - given_.centre.double()).unbind(2)
        nearest = (xx * x * x + 2 * xy * x * y + yy * y * y).amin(0)
        touches = set((nearest < given_.limit - 1e-3).nonzero()[:, 0].tolist())
        assert touches <= set(found.tolist())
        needless += len(found) - len(touches)
        assert (found.diff() > 0).all()
        assert torch.equal(tiles.middle[tile], (low + side / 2).float())
        assert (tiles.tile[first : first + len(found)] == tile).all()
    assert int(tiles.pairs.sum()) == len(tiles.splat)
    if side == 1:  # a tile is a pixel's middle: nothing but the slack may be paired in vain
        assert needless <= 0.05 * len(tiles.splat) + 2
