"""One Gaussian a cell, and pruning that never leaves none."""

import torch

from pcv.config.pretexts import GaussianCrossConfig
from pcv.nn.lattice import fit_lattice
from pcv.objectives.gaussian_decoder import GaussianDecoder

CONFIG = GaussianCrossConfig(name="gaussiancross", lattice=(4, 3, 2), features=5, keep_at_least=6)


def decode(config=CONFIG, bias=None):
    torch.manual_seed(0)
    points = torch.rand(2, 50, 3) * torch.tensor([4.0, 1.0, 2.0])
    lattice = fit_lattice(points, config.lattice)
    decoder = GaussianDecoder(8, config)
    if bias is not None:
        torch.nn.init.constant_(decoder.heads["opacity"].bias, bias)
    return decoder(torch.randn(2, 24, 8), lattice), lattice, decoder


def test_every_cell_starts_as_a_visible_gaussian_near_its_middle():
    found, lattice, _ = decode()
    assert len(found) == 2
    for one, anchors, cell in zip(found, lattice.anchors(), lattice.cell, strict=True):
        gaussians = one.gaussians
        assert one.share == 1
        assert ((gaussians.mean - anchors).abs() <= cell).all()
        assert torch.allclose(gaussians.scale / cell, torch.tensor(0.35), atol=0.15)
        assert (gaussians.opacity > CONFIG.prune).all()
        assert gaussians.channels.shape == (24, 8)
        assert (gaussians.channels[:, :3] > 0).all()
        assert (gaussians.quaternion[:, 0] > 0.5).all()


def test_the_most_opaque_stay_where_too_few_would():
    found, _, decoder = decode(bias=-9.0)
    assert [len(one.gaussians.mean) for one in found] == [6, 6]
    assert found[0].share == 0.25
    found[0].gaussians.opacity.sum().backward()
    assert decoder.heads["opacity"].bias.grad.abs() > 0


def test_faint_ones_are_pruned():
    config = CONFIG.model_copy(update={"prune": 0.62, "keep_at_least": 1})
    found, _, _ = decode(config)
    for one in found:
        assert (one.gaussians.opacity > 0.62).all()
        assert 0 < one.share < 1
