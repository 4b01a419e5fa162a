"""The dense 3D CNN."""

import pytest
import torch

from pcv.nn.dense_unet import DenseUNet


@pytest.mark.parametrize("widths", [(4,), (4, 6), (4, 6, 8)])
@pytest.mark.parametrize("shape", [(4, 4, 4), (5, 3, 7)])
def test_cells_stay_where_they_are_and_every_parameter_learns(widths, shape):
    torch.manual_seed(0)
    net = DenseUNet(3, widths, 5)
    found = net(torch.rand(2, 3, *shape))
    assert found.shape == (2, 5, *shape)
    found.square().mean().backward()
    for name, parameter in net.named_parameters():
        assert parameter.grad is not None, name


def test_coarser_levels_reach_farther():
    torch.manual_seed(0)
    reach = []
    for widths in ((4,), (4, 4, 4)):
        net = DenseUNet(1, widths, 1).eval()
        dense = torch.rand(1, 1, 24, 24, 24, requires_grad=True)
        net(dense)[0, 0, 12, 12, 12].backward()
        away = (dense.grad[0, 0] != 0).nonzero() - 12
        reach.append(int(away.abs().max()))
    assert reach[0] == 2  # two convolutions of three cells
    assert reach[1] > 5
