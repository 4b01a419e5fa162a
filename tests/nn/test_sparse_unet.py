"""Layers of the sparse U-Net."""

import torch

from pcv.nn.sparse_unet import ConvNorm, SparseBlock, SparseConv
from pcv.ops.voxels import neighbour_pairs, voxelise


def case():
    points = torch.rand(60, 3, generator=torch.Generator().manual_seed(0)) * 5
    voxels, _ = voxelise(points, torch.zeros(60, dtype=torch.long), 1.0)
    return neighbour_pairs(voxels, 3), torch.randn(len(voxels.key), 4)


def test_a_block_is_two_convolutions_and_a_shortcut():
    torch.manual_seed(0)
    pairs, feature = case()
    for width in (4, 6):
        block = SparseBlock(4, width, 0.1, "torch").eval()
        inner = torch.relu(block.first.norm(block.first.conv(feature, pairs)))
        expected = block.second.norm(block.second.conv(inner, pairs)) + block.shortcut(feature)
        assert torch.equal(block(feature, pairs), torch.relu(expected))
        assert isinstance(block.shortcut, torch.nn.Identity) == (width == 4)


def test_statistics_are_those_of_pointcept():
    layer = ConvNorm(SparseConv(4, 6, 3), 0.01)
    assert (layer.norm.eps, layer.norm.momentum) == (1e-3, 0.01)
    assert 0.015 < layer.conv.weight.std() < 0.025
    assert layer.conv.weight.shape == (27, 4, 6)
