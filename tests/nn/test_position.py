"""Space-time embedding."""

import torch

from pcv.nn.position import SpaceTimeEmbedding


def test_time_counts_segments_from_one_and_advances_within_them():
    layer = SpaceTimeEmbedding(1)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[0.0, 0, 0, 1]]))
        layer.bias.zero_()
    out = layer(torch.randn(2, 3, 2, 4, 3))
    assert out.shape == (2, 3, 2, 4, 1)
    assert out[0, :, :, 0, 0].flatten().tolist() == [1, 1.5, 2, 2.5, 3, 3.5]


def test_positions_enter_linearly():
    layer = SpaceTimeEmbedding(5)
    position = torch.randn(1, 1, 1, 2, 3)
    change = layer(position + 1) - layer(position)
    assert torch.allclose(change, layer.weight[:, :3].sum(1).expand_as(change), atol=1e-6)
