"""The fast layers against the published formulation: frame by frame, group first."""

import copy

import pytest
import torch

from pcv.nn.p4d_conv import NormalisedP4DConv, P4DConv, P4DConvConfig, PlainP4DConv
from tests.nn.published_p4d import published_p4d
from tests.nn.test_pst_conv import close, run

PLAIN = P4DConvConfig(5, (7,), 0.6, 4, 3, 2, (1, 0), 2, "max")
SCENE = P4DConvConfig(5, (6, 8, 9), 0.6, 4, 3, 1, (1, 1), 2, "sum")


def make(kind, *, fresh=False, **changes):
    torch.manual_seed(3)
    layer = kind((SCENE if kind is NormalisedP4DConv else PLAIN)._replace(**changes))
    for module in [] if fresh else layer.modules():
        if isinstance(module, torch.nn.BatchNorm1d):
            torch.nn.init.uniform_(module.weight, -1.5, 1.5)  # falling channels too
            torch.nn.init.uniform_(module.bias, -0.5, 0.5)
            torch.nn.init.uniform_(module.running_mean, -0.5, 0.5)
    return layer


@pytest.mark.parametrize("training", [True, False], ids=["train", "eval"])
@pytest.mark.parametrize("anchors", ["prefix", "fps"])
@pytest.mark.parametrize("over_time", ["max", "sum"])
@pytest.mark.parametrize("channels_in", [5, 0])
@pytest.mark.parametrize("kind", [PlainP4DConv, NormalisedP4DConv])
def test_equals_the_published_formulation(kind, channels_in, over_time, anchors, training):
    layer = make(kind, channels_in=channels_in, over_time=over_time, anchors=anchors).double()
    torch.manual_seed(0)
    position = torch.rand(2, 4, 16, 3).double()
    feature = torch.randn(2, 4, 16, channels_in).double() if channels_in else None
    for found, wanted in compare(layer, position, feature, training):
        assert (found - wanted).abs().max() <= 1e-10 * wanted.abs().max().clamp(min=1e-6)


@pytest.mark.parametrize("kind", [PlainP4DConv, NormalisedP4DConv])
def test_equals_the_published_formulation_in_float32(kind):
    """Gradients through several normalisations lose digits in either, so float64 is the truth."""
    layer = make(kind, fresh=True)
    torch.manual_seed(0)
    position, feature = torch.rand(4, 4, 64, 3), torch.randn(4, 4, 64, 5)
    exact = compare(copy.deepcopy(layer).double(), position.double(), feature.double(), True)
    both = zip(compare(layer, position, feature, True), exact, strict=True)
    for number, ((found, _), (_, truth)) in enumerate(both):
        scale = truth.norm().clamp(min=1e-6)
        assert (found - truth).norm() / scale <= (1e-5 if number < 2 else 2e-5)


def compare(layer, position, feature, training):
    """Pairs of what both find: anchors, outputs, gradients and running statistics."""
    reference = copy.deepcopy(layer)
    found = run(layer, layer, position, feature, training)
    wanted = run(
        lambda p, f: published_p4d(reference, p, f), reference, position, feature, training
    )
    yield from zip(found[:2], wanted[:2], strict=True)
    yield from zip(found[2], wanted[2], strict=True)
    for value, expected in zip(layer.buffers(), reference.buffers(), strict=True):
        yield value.float(), expected.float()


def test_two_and_four_maps_follow_the_sum_too():
    position = torch.rand(2, 3, 16, 3)
    for channels in ((6, 8), (6, 8, 9, 10)):
        layer = make(NormalisedP4DConv, channels_in=0, channels=channels, fresh=True)
        reference = copy.deepcopy(layer)
        close(layer(position, None)[1], published_p4d(reference, position, None)[1])


@pytest.mark.parametrize(
    ("kind", "changes", "message"),
    [
        (PlainP4DConv, {"channels": (3, 4)}, "one number"),
        (NormalisedP4DConv, {"channels": (3,)}, "two numbers"),
        (PlainP4DConv, {"temporal_kernel": 2}, "odd"),
    ],
)
def test_layers_that_cannot_be_are_refused(kind, changes, message):
    with pytest.raises(ValueError, match=message):
        make(kind, **changes)


def test_clips_that_do_not_fit():
    layer = make(PlainP4DConv, channels_in=0)
    with pytest.raises(ValueError, match="do not fit a temporal kernel"):
        layer(torch.rand(1, 5, 16, 3), None)
    with pytest.raises(ValueError, match="leave no anchor"):
        layer(torch.rand(1, 4, 1, 3), None)


def test_autocast_keeps_the_operators_in_float32():
    layer = make(NormalisedP4DConv).eval()
    position, feature = torch.rand(1, 4, 16, 3), torch.randn(1, 4, 16, 5)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        low = layer(position, feature)[1]
    assert low.dtype == torch.float32
    assert torch.cosine_similarity(low.flatten(), layer(position, feature)[1].flatten(), 0) > 0.99


def test_the_shared_part_pools_nothing():
    with pytest.raises(NotImplementedError):
        P4DConv(PLAIN._replace(channels_in=0))(torch.rand(1, 4, 16, 3), None)
