"""P4Transformer: the published shapes, and the published formulation."""

import copy

import pytest
import torch

from pcv.clip import ClipBatch
from pcv.config.encoder import P4TransformerConfig
from pcv.encoders import build_encoder
from tests.nn.published_p4d import published_encoder

SMALL = {"name": "p4transformer", "width": 1 / 32, "radius": 0.5, "neighbours": 8, "depth": 2,
         "heads": 2, "head_channels": 8, "mlp": 32}  # fmt: skip
ACTION = P4TransformerConfig(**SMALL, spatial_stride=8)
SCENE = P4TransformerConfig(**SMALL, form="scene")
COLOURED = P4TransformerConfig(**SMALL, form="scene", colour=True)


@pytest.mark.parametrize(
    ("config", "frames", "points", "shape"),
    [
        (ACTION, 4, 64, (2, 8)),
        (ACTION, 24, 64, (12, 8)),
        (SCENE, 3, 256, (3, 2)),
        (SCENE, 1, 256, (1, 2)),
    ],
)
def test_shapes(config, frames, points, shape):
    encoder, cloud = build_encoder(config), torch.rand(2, frames, points, 3)
    found = encoder(cloud)
    assert found.feature.shape == (2, *shape, 32)
    assert encoder.superpoints(frames, points) == shape
    assert torch.equal(cloud[:, encoder.anchor_frames(frames), : shape[1]], found.position)


def test_published_sizes():
    action = build_encoder(P4TransformerConfig(name="p4transformer"))
    assert (action.superpoints(24, 2048), action.superpoints(24, 1024)) == ((12, 64), (12, 32))
    assert (action.width, len(action.blocks)) == (1024, 5)
    scene = build_encoder(P4TransformerConfig(name="p4transformer", form="scene", radius=0.9))
    assert (scene.superpoints(3, 16384), scene.superpoints(4, 4096)) == ((3, 128), (4, 32))
    assert (scene.width, len(scene.blocks), scene.widths) == (1024, 2, [128, 256, 512, 1024])
    assert [round(layer.config.radius, 3) for layer in scene.layers] == [0.9, 1.8, 3.6, 7.2]


@pytest.mark.parametrize("training", [True, False], ids=["train", "eval"])
@pytest.mark.parametrize(
    "config", [ACTION, SCENE, COLOURED], ids=["action", "scene", "coloured scene"]
)
def test_equals_the_published_formulation(config, training):
    torch.manual_seed(0)
    net = build_encoder(config).double().train(training)
    reference = copy.deepcopy(net)
    points = torch.rand(2, 4, 256, 6 if net.colour else 3).double()
    found, wanted = net(points).feature, published_encoder(reference, points)
    assert (found - wanted).abs().max() < 1e-9 * wanted.abs().max()
    pairs = zip(net.parameters(), reference.parameters(), strict=True)
    found.square().mean().backward()
    wanted.square().mean().backward()
    # Before a normalisation gradients nearly cancel: what is left is rounding of the large ones.
    rounding = 1e-13 * max(float(each.grad.abs().max()) for each in reference.parameters())
    for one, other in pairs:
        assert (one.grad - other.grad).abs().max() <= 1e-9 * other.grad.abs().max() + rounding


@pytest.mark.parametrize("config", [ACTION, SCENE], ids=["action", "scene"])
def test_every_parameter_learns(config):
    torch.manual_seed(0)
    encoder = build_encoder(config)
    encoder(torch.rand(2, 4, 256, 3)).feature.square().mean().backward()
    for name, parameter in encoder.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name


def test_dropout_is_random_in_training_alone():
    net, points = build_encoder(ACTION.model_copy(update={"dropout": 0.5})), torch.rand(2, 4, 64, 3)
    assert not torch.equal(net(points).feature, net(points).feature)
    net.eval()
    assert torch.equal(net(points).feature, net(points).feature)


def test_colour_reaches_the_first_layer_and_every_point():
    torch.manual_seed(0)
    net = build_encoder(COLOURED.model_copy(update={"width": 0.25}))
    assert net.layers[0].feature.shape == (8, 3)
    grey = ClipBatch(torch.rand(1, 3, 256, 3), torch.zeros(1), torch.zeros(1))
    with pytest.raises(ValueError, match="needs clips that carry it"):
        net.inputs(grey)
    colour = torch.randint(0, 256, (1, 3, 256, 3), dtype=torch.uint8)
    points = net.inputs(grey._replace(point_colour=colour))
    assert points.shape == (1, 3, 256, 6)
    assert torch.equal(points[..., 3:], colour / 255)
    assert build_encoder(SCENE).inputs(grey._replace(point_colour=colour)) is grey.points
    decoder, levels = net.decoder().eval(), net.levels(points)
    changed = points.clone()
    changed[0, 1, :100, 3:] = 1 - changed[0, 1, :100, 3:]
    moved = (decoder(points, levels) - decoder(changed, levels)).abs().amax(-1)[0] > 1e-5
    assert moved[1, :100].sum() > 50  # the decoder's own look at the points
    assert moved.sum() == moved[1, :100].sum()


def test_decoders_fit_the_scene_form_alone():
    points = torch.rand(2, 3, 256, 3)
    net = build_encoder(SCENE)
    decoder = net.decoder()
    assert decoder(points, net.levels(points)).shape == (2, 3, 256, decoder.width)
    with pytest.raises(ValueError, match="form: scene"):
        build_encoder(ACTION).decoder()
