"""Sparse convolutions equal conv3d on the occupied cells."""

import pytest
import torch
from torch.nn import functional as F

from pcv.errors import KernelError
from pcv.ops.sparse_conv import sparse_convolve
from pcv.ops.voxels import halve, neighbour_pairs, voxelise


def case(channels=3, count=80):
    draw = torch.Generator().manual_seed(0)
    points = torch.rand(count, 3, generator=draw) * 6
    voxels, _ = voxelise(points, torch.randint(0, 2, (count,), generator=draw).sort().values, 1.0)
    feature = torch.randn(len(voxels.key), channels, generator=draw, dtype=torch.float64)
    return voxels, feature.requires_grad_(), draw


def dense(voxels, feature, extent=6):
    grid = feature.new_zeros(2, extent, extent, extent, feature.shape[1])
    grid = grid.index_put(tuple(voxels.cell.T), feature)
    return grid.movedim(-1, 1)


def at(grid, voxels):
    return grid.movedim(1, -1)[tuple(voxels.cell.T)]


def kernel_of(weight, width):  # (O, C, D) -> (D, C, k, k, k)
    return weight.permute(2, 1, 0).unflatten(2, (width,) * 3)


def agree(ours, theirs, inputs):
    assert torch.allclose(ours, theirs, rtol=0, atol=1e-12)
    ask = torch.randn(ours.shape, generator=torch.Generator().manual_seed(1)).double()
    for a, b in zip(
        torch.autograd.grad((ours * ask).sum(), inputs),
        torch.autograd.grad((theirs * ask).sum(), inputs),
        strict=True,
    ):
        assert torch.allclose(a, b, rtol=0, atol=1e-11)


@pytest.mark.parametrize("width", [1, 3, 5])
def test_submanifold(width):
    voxels, feature, draw = case()
    weight = torch.randn(width**3, 3, 4, generator=draw, dtype=torch.float64).requires_grad_()
    ours = sparse_convolve(feature, weight, neighbour_pairs(voxels, width))
    grid = F.conv3d(dense(voxels, feature), kernel_of(weight, width), padding=width // 2)
    agree(ours, at(grid, voxels), (feature, weight))


def test_strided_and_inverse():
    voxels, feature, draw = case()
    weight = torch.randn(8, 3, 4, generator=draw, dtype=torch.float64).requires_grad_()
    parent, pairs = halve(voxels)
    ours = sparse_convolve(feature, weight, pairs)
    grid = F.conv3d(dense(voxels, feature), kernel_of(weight, 2), stride=2)
    agree(ours, at(grid, parent), (feature, weight))
    coarse = torch.randn(len(parent.key), 3, generator=draw, dtype=torch.float64).requires_grad_()
    back = sparse_convolve(coarse, weight, pairs.reverse())
    undone = F.conv_transpose3d(
        dense(parent, coarse, 3), kernel_of(weight, 2).transpose(0, 1), stride=2
    )
    agree(back, at(undone, voxels), (coarse, weight))


def test_gradients_by_finite_differences():
    voxels, feature, draw = case(2, 12)
    weight = torch.randn(27, 2, 2, generator=draw, dtype=torch.float64).requires_grad_()
    pairs = neighbour_pairs(voxels, 3)
    assert torch.autograd.gradcheck(lambda f, w: sparse_convolve(f, w, pairs), (feature, weight))


def test_autocast_multiplies_in_bfloat16():
    voxels, feature, draw = case()
    weight = torch.randn(27, 3, 4, generator=draw)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = sparse_convolve(feature.float(), weight, neighbour_pairs(voxels, 3))
    exact = sparse_convolve(feature, weight.double(), neighbour_pairs(voxels, 3))
    assert found.dtype == torch.bfloat16
    assert (found.double() - exact).norm() < 0.02 * exact.norm()


def test_shapes_that_disagree_are_refused():
    voxels, feature, _ = case()
    pairs = neighbour_pairs(voxels, 3)
    with pytest.raises(ValueError, match="does not fit 27 kernel cells and 3 channels"):
        sparse_convolve(feature, torch.zeros(27, 4, 4), pairs)
    with pytest.raises(ValueError, match="rows of features"):
        sparse_convolve(feature[1:], torch.zeros(27, 3, 4), pairs)
    with pytest.raises(KernelError, match="needs CUDA"):
        sparse_convolve(feature, torch.zeros(27, 3, 4).double(), pairs, "spconv-triton")


@pytest.mark.gpu
def test_both_backends_agree():
    pytest.importorskip("spconv_triton")
    voxels, feature, draw = case(16, 200)
    moved = voxels._replace(cell=voxels.cell.cuda(), key=voxels.key.cuda())
    feature = feature.detach().float().cuda().requires_grad_()
    weight = torch.randn(27, 16, 16, generator=draw).cuda().requires_grad_()
    found = []
    for backend in ("torch", "spconv-triton"):
        out = sparse_convolve(feature, weight, neighbour_pairs(moved, 3), backend)
        found.append([out, *torch.autograd.grad(out.square().sum(), (feature, weight))])
    for ours, theirs in zip(*found, strict=True):
        assert (ours - theirs).norm() < 1e-2 * theirs.norm()
