"""PSTNet: the published shapes."""

import pytest
import torch

from pcv.config.encoder import PSTNetConfig
from pcv.encoders import build_encoder

SMALL = PSTNetConfig(width=1 / 16, radius=0.3)


@pytest.mark.parametrize(
    ("frames", "points", "length", "anchors"),
    [(4, 64, 1, 4), (8, 32, 2, 2), (24, 32, 6, 2)],
)
def test_shapes(frames, points, length, anchors):
    encoder = build_encoder(SMALL)
    cloud = torch.rand(2, frames, points, 3)
    found = encoder(cloud)
    assert found.feature.shape == (2, length, anchors, 128)
    assert found.position.shape == (2, length, anchors, 3)
    assert encoder.width == 128
    assert encoder.superpoints(frames, points) == (length, anchors)
    assert torch.equal(cloud[:, encoder.anchor_frames(frames), :anchors], found.position)


def test_the_published_number_of_parameters():
    encoder = build_encoder(PSTNetConfig())
    total = sum(p.numel() for p in encoder.parameters())
    assert round(total / 1e6, 2) == 8.40
    assert encoder.layers[3].config.middle == 384
    assert [layer.config.radius for layer in encoder.layers] == [0.5, 1, 1, 2, 2, 2]


def test_the_last_layer_is_not_rectified():
    torch.manual_seed(0)
    assert (build_encoder(SMALL)(torch.rand(2, 4, 64, 3)).feature < 0).any()


@pytest.mark.parametrize("anchors", ["prefix", "fps"])
@pytest.mark.parametrize("combine", ["multiplication", "addition"])
def test_every_parameter_learns(anchors, combine):
    torch.manual_seed(0)
    config = SMALL.model_copy(update={"anchors": anchors, "combine": combine})
    encoder = build_encoder(config)
    encoder(torch.rand(2, 8, 64, 3)).feature.square().mean().backward()
    for name, parameter in encoder.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name


def test_the_same_seed_gives_the_same_encoder():
    states = []
    for _ in range(2):
        torch.manual_seed(5)
        states.append(build_encoder(SMALL).state_dict())
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
