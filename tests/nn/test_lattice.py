"""Lattices over clouds."""

import pytest
import torch

from pcv.nn.lattice import fit_lattice, scatter_mean

SHAPE = (4, 3, 2)


def clouds():
    draw = torch.Generator().manual_seed(0)
    points = torch.rand(2, 50, 3, generator=draw) * torch.tensor([4.0, 1.0, 2.0])
    return torch.cat([points, points.new_tensor([[[0, 0, 0], [4, 1, 2]]]).expand(2, 2, 3)], 1)


def test_a_cuboid_is_stretched_to_the_cloud():
    lattice = fit_lattice(clouds(), SHAPE)
    assert torch.allclose(lattice.cell, torch.tensor([1.0, 1 / 3, 1.0]), atol=1e-3)
    anchors = lattice.anchors()
    assert anchors.shape == (2, 24, 3)
    assert torch.allclose(anchors[0, 0], torch.tensor([0.5, 1 / 6, 0.5]), atol=1e-3)
    assert torch.allclose(anchors[0, 1] - anchors[0, 0], torch.tensor([0.0, 0, 1]), atol=1e-3)


def test_a_cube_has_the_longest_extent_along_every_axis():
    lattice = fit_lattice(clouds(), SHAPE, "cube")
    assert torch.allclose(lattice.cell, torch.tensor([1.0, 4 / 3, 2.0]), atol=1e-3)
    middle = lattice.low + lattice.cell * torch.tensor(SHAPE) / 2
    assert torch.allclose(middle, torch.tensor([2.0, 0.5, 1.0]), atol=1e-5)


@pytest.mark.parametrize("mode", ["cuboid", "cube"])
def test_every_point_is_averaged_in_its_own_cell(mode):
    points = clouds()
    lattice = fit_lattice(points, SHAPE, mode)
    cloud = torch.arange(2).repeat_interleave(52)
    flat = points.flatten(0, 1)
    dense = scatter_mean(lattice, flat, cloud, flat)
    assert dense.shape == (2, 3, *SHAPE)
    place = ((flat - lattice.low[cloud]) / lattice.cell[cloud]).floor().long()
    assert (place >= 0).all()
    assert (place < torch.tensor(SHAPE)).all()
    for one in range(2):
        for cell in torch.cartesian_prod(*(torch.arange(n) for n in SHAPE)):
            inside = (place == cell).all(1) & (cloud == one)
            expected = flat[inside].mean(0) if inside.any() else torch.zeros(3)
            assert torch.allclose(dense[one][:, *cell], expected, atol=1e-5)


def test_the_order_of_anchors_is_that_of_the_cells():
    points = clouds()
    lattice = fit_lattice(points, SHAPE)
    anchors = lattice.anchors()
    cloud = torch.arange(2).repeat_interleave(24)
    dense = scatter_mean(lattice, anchors.flatten(0, 1), cloud, anchors.flatten(0, 1))
    assert torch.equal(dense.flatten(2).transpose(1, 2), anchors)


def test_a_flat_cloud_has_cells():
    flat = clouds() * torch.tensor([1.0, 0.0, 1.0])
    assert (fit_lattice(flat, SHAPE).cell > 0).all()
