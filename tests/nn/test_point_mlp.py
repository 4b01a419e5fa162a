import pytest
import torch
from torch.nn import functional as F

from pcv.nn.point_mlp import PointMLP, neighbours_of, normalisation


def test_a_block_is_its_definition():
    torch.manual_seed(0)
    position, feature = torch.rand(2, 30, 3), torch.randn(2, 30, 4)
    net = PointMLP(4, 8, blocks=1, neighbours=5)
    index = torch.cdist(position, position).topk(5, largest=False).indices
    tokens = net.inputs(feature)
    block = net.blocks[0]
    mixed = block.mix_in(block.norm_in(tokens))
    rows = torch.arange(2)[:, None, None]
    apart = position[rows, index] - position[:, :, None]
    grouped = mixed[rows, index] + apart @ block.displacement.T
    around = grouped.amax(2) - mixed
    wanted = tokens + block.mix_out(F.gelu(block.norm_out(around)))
    torch.testing.assert_close(net(position, feature, neighbours_of(position, 5)), wanted)


def test_gradients_reach_every_parameter():
    net = PointMLP(4, 8, blocks=2, neighbours=5)
    position = torch.rand(2, 30, 3)
    net(position, torch.randn(2, 30, 4), neighbours_of(position, 5)).square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in net.parameters())


def test_few_points_are_all_neighbours():
    assert neighbours_of(torch.rand(1, 3, 3), 16).shape == (1, 3, 3)


def test_nobody_sees_a_hidden_point_and_it_sees_nobody():
    position = torch.rand(2, 40, 3)
    hidden = torch.rand(2, 40) < 0.4
    index = neighbours_of(position, 6, hidden)
    for one, row, away in zip(position, index, hidden, strict=True):
        apart = torch.cdist(one, one).masked_fill(away[None], torch.inf)
        for i in range(40):
            wanted = [i] * 6 if away[i] else apart[i].topk(6, largest=False).indices.tolist()
            assert row[i].tolist() == wanted


@pytest.mark.parametrize(("kind", "alone"), [("layer", True), ("batch", False)])
def test_what_a_norm_lets_samples_see_of_each_other(kind, alone):
    norm = normalisation(kind, 4)
    one, other = torch.randn(1, 5, 4), torch.randn(1, 5, 4)
    found = norm(torch.cat([one, other]))[0]
    assert torch.allclose(found, norm(torch.cat([one, 3 * other]))[0]) is alone
