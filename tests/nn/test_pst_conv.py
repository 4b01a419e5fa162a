"""The fast layer against the published formulation: frame by frame, group first, convolve after."""

import copy
import itertools

import pytest
import torch
from torch.nn import functional as F

from pcv.nn.pst_conv import PSTConv, PSTConvConfig
from pcv.ops import farthest_points
from tests.nn.published import published

RADIUS, SLOTS = 0.6, 4


def close(found, wanted):
    scale = wanted.abs().max().clamp(min=1e-6)
    assert (found - wanted).abs().max() / scale < 1e-5


def make(channels=5, **changes):
    torch.manual_seed(3)
    config = PSTConvConfig(channels, 6, 7, RADIUS, SLOTS, 3, 2, (1, 0), 2)._replace(**changes)
    layer = PSTConv(config)
    torch.nn.init.uniform_(layer.norm.weight, 0.5, 1.5)
    torch.nn.init.uniform_(layer.norm.bias, -0.5, 0.5)
    return layer


def run(call, layer, position, feature, training):
    layer.train(training)
    feature = feature.clone().requires_grad_() if feature is not None else None
    anchors, out = call(position, feature)
    weight = torch.linspace(-1, 1, out.numel()).reshape(out.shape)
    inputs = [*layer.parameters()] + ([feature] if feature is not None else [])
    return anchors, out, torch.autograd.grad((out * weight).sum(), inputs)


CHOICES = list(
    itertools.product(
        ["multiplication", "addition"], ["sum", "max", "mean"], ["zeros", "replicate"]
    )
)


@pytest.mark.parametrize("training", [True, False], ids=["train", "eval"])
@pytest.mark.parametrize(("combine", "pool", "padding"), CHOICES)
@pytest.mark.parametrize("channels", [5, 0])
def test_equals_the_published_formulation(channels, combine, pool, padding, training):
    layer = make(channels, combine=combine, pool=pool, padding=padding)
    torch.manual_seed(0)
    position = torch.rand(2, 4, 16, 3)
    feature = torch.randn(2, 4, 16, channels) if channels else None
    reference = copy.deepcopy(layer)
    found = run(layer, layer, position, feature, training)
    wanted = run(lambda p, f: published(reference, p, f), reference, position, feature, training)
    assert torch.equal(found[0], wanted[0])
    close(found[1], wanted[1])
    for gradient, expected in zip(found[2], wanted[2], strict=True):
        close(gradient, expected)
    for value, expected in zip(layer.norm.buffers(), reference.norm.buffers(), strict=True):
        close(value.float(), expected.float())


@pytest.mark.parametrize("anchors", ["prefix", "fps"])
@pytest.mark.parametrize("training", [True, False], ids=["train", "eval"])
def test_taps_that_are_padding_everywhere(anchors, training):
    layer = make(temporal_padding=(1, 1), temporal_stride=1, anchors=anchors)
    torch.manual_seed(1)
    position, feature = torch.rand(2, 1, 16, 3), torch.randn(2, 1, 16, 5)
    layer.norm.running_mean.normal_()  # as left by longer clips
    reference = copy.deepcopy(layer)
    found = run(layer, layer, position, feature, training)
    wanted = run(lambda p, f: published(reference, p, f), reference, position, feature, training)
    close(found[1], wanted[1])
    for gradient, expected in zip(found[2], wanted[2], strict=True):
        close(gradient, expected)


def test_prefix_and_fps_anchors_agree_on_ordered_points():
    points = torch.rand(6, 32, 3)
    order = farthest_points(points, 32)
    ordered = torch.stack([p[o] for p, o in zip(points, order, strict=True)]).reshape(2, 3, 32, 3)
    prefix = make(0, temporal_stride=1, temporal_padding=(1, 1))
    fps = PSTConv(prefix.config._replace(anchors="fps"))
    fps.load_state_dict(prefix.state_dict())
    for found, wanted in zip(prefix(ordered, None), fps(ordered, None), strict=True):
        assert torch.equal(found, wanted)


def test_initial_weights_follow_the_published_bound():
    layer = make(13, middle=200)
    for weight in (layer.displacement, layer.feature):
        assert 0.9 * 0.25 < weight.abs().max() <= 0.25


@pytest.mark.parametrize(
    ("changes", "frames", "points", "message"),
    [
        ({}, 5, 16, "do not fit a temporal kernel"),
        ({"temporal_padding": (2, 1)}, 4, 16, "may not lie in the zero padding"),
        ({}, 4, 1, "leave no anchor"),
    ],
)
def test_clips_that_do_not_fit(changes, frames, points, message):
    with pytest.raises(ValueError, match=message):
        make(0, **changes)(torch.rand(1, frames, points, 3), None)


def test_even_kernels_are_refused():
    with pytest.raises(ValueError, match="odd"):
        make(temporal_kernel=2)


def test_autocast_keeps_the_operator_in_float32():
    layer = make().eval()
    position, feature = torch.rand(1, 4, 16, 3), torch.randn(1, 4, 16, 5)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        low = layer(position, feature)[1]
    assert (
        F.cosine_similarity(low.float().flatten(), layer(position, feature)[1].flatten(), 0) > 0.99
    )
