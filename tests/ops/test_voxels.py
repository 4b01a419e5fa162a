"""Occupied cells, neighbours and parents, against their definitions."""

import itertools

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pcv.ops.voxels import VoxelPyramid, halve, neighbour_pairs, voxelise


def clouds(seed, count, extent=5):
    draw = torch.Generator().manual_seed(seed)
    points = torch.rand(count, 3, generator=draw) * extent - 2
    return points, torch.randint(0, 3, (count,), generator=draw).sort().values


@given(st.integers(0, 2**31), st.integers(1, 60))
def test_every_point_lies_in_its_voxel(seed, count):
    points, cloud = clouds(seed, count)
    voxels, of_point = voxelise(points, cloud, 0.7)
    assert (voxels.key.diff() > 0).all()
    cell = (points.double() / 0.7).floor().long()
    expected = set()
    for each in cloud.unique().tolist():
        own = cell[cloud == each]
        expected |= {(each, *row) for row in (own - own.amin(0)).tolist()}
    assert set(map(tuple, voxels.cell.tolist())) == expected
    assert len(voxels.cell) == len(expected)
    assert torch.equal(voxels.cell[of_point, 0], cloud)
    for each in cloud.unique().tolist():
        shift = cell[cloud == each] - voxels.cell[of_point, 1:][cloud == each]
        assert (shift == shift[0]).all()


@given(st.integers(0, 2**31), st.integers(1, 60), st.sampled_from([1, 3, 5]))
def test_neighbours_are_the_occupied_cells_of_the_cube(seed, count, kernel):
    voxels, _ = voxelise(*clouds(seed, count), 0.7)
    pairs = neighbour_pairs(voxels, kernel)
    row = {cell: number for number, cell in enumerate(map(tuple, voxels.cell.tolist()))}
    reach = range(-(kernel // 2), kernel // 2 + 1)
    expected = []
    for weight, step in enumerate(itertools.product(reach, repeat=3)):
        for cell, target in row.items():
            near = (cell[0], *(a + b for a, b in zip(cell[1:], step, strict=True)))
            if near in row:
                expected.append((weight, row[near], target))
    weight = torch.repeat_interleave(torch.tensor(pairs.counts))
    found = zip(weight.tolist(), pairs.source.tolist(), pairs.target.tolist(), strict=True)
    assert sorted(found) == sorted(expected)
    assert pairs.identity == kernel**3 // 2


@given(st.integers(0, 2**31), st.integers(1, 60))
def test_parents_hold_eight_corners(seed, count):
    voxels, _ = voxelise(*clouds(seed, count), 0.7)
    parent, pairs = halve(voxels)
    assert (parent.key.diff() > 0).all()
    corner = torch.repeat_interleave(torch.tensor(pairs.counts))
    child, above = voxels.cell[pairs.source], parent.cell[pairs.target]
    assert sorted(pairs.source.tolist()) == list(range(len(voxels.key)))
    assert torch.equal(child[:, 1:] // 2, above[:, 1:])
    assert torch.equal(child[:, 0], above[:, 0])
    bits = child[:, 1:] % 2
    assert torch.equal(bits[:, 0] * 4 + bits[:, 1] * 2 + bits[:, 2], corner)


def test_tables_are_made_once():
    pyramid = VoxelPyramid(voxelise(*clouds(0, 50), 0.5)[0], 2)
    assert pyramid.around(1, 3) is pyramid.around(1, 3)
    assert [len(level.key) for level in pyramid.levels] == sorted(
        (len(level.key) for level in pyramid.levels), reverse=True
    )


def test_what_cannot_be_is_refused():
    points, cloud = clouds(0, 10)
    with pytest.raises(ValueError, match="finite"):
        voxelise(points / 0, cloud, 0.5)
    with pytest.raises(ValueError, match="raise the voxel size"):
        voxelise(points, cloud, 1e-7)
    with pytest.raises(ValueError, match="1, 3 or 5"):
        neighbour_pairs(voxelise(points, cloud, 0.5)[0], 4)
    empty, of_point = voxelise(points[:0], cloud[:0], 0.5)
    assert len(of_point) == len(neighbour_pairs(empty, 3).source) == 0
