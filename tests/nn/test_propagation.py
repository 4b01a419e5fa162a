"""Feature propagation against its definition: interpolate, append, convolve."""

import torch

from pcv.clip import Superpoints
from pcv.nn.propagation import Carry, Propagation, PropagationDecoder, SameDecoder


def by_definition(layer, fine, position, feature, skipped):
    distance = torch.cdist(fine, position, compute_mode="donot_use_mm_for_euclid_dist")
    near, index = distance.topk(min(3, position.shape[1]), largest=False)
    weight = 1 / (near + 1e-8)
    weight = weight / weight.sum(-1, keepdim=True)
    clip = torch.arange(len(fine))[:, None, None]
    carried = (feature[clip, index] * weight[..., None]).sum(2)
    joined = carried if skipped is None else torch.cat([carried, skipped], -1)
    matrices = [layer.coarse.weight] + ([] if skipped is None else [layer.skipped.weight])
    return joined @ torch.cat(matrices, 1).T


def test_mixing_before_interpolating_is_mixing_after():
    torch.manual_seed(0)
    fine, position = torch.rand(2, 20, 3), torch.rand(2, 6, 3)
    feature, skipped = torch.randn(2, 6, 5), torch.randn(2, 20, 4)
    for rest in (skipped, None):
        layer = Carry(5, 0 if rest is None else 4, 7)
        found = layer(fine, position, feature, rest)
        assert torch.allclose(found, by_definition(layer, fine, position, feature, rest), atol=1e-5)


def test_one_coarse_point_is_everywhere():
    layer = Carry(5, 0, 7)
    feature = torch.randn(1, 1, 5)
    found = layer(torch.rand(1, 4, 3), torch.rand(1, 1, 3), feature, None)
    assert torch.allclose(found, layer.coarse(feature).expand(1, 4, 7), atol=1e-6)


def test_a_step_is_normalised_and_rectified():
    torch.manual_seed(0)
    step = Propagation(5, 4, (6, 8))
    coarse = Superpoints(torch.randn(2, 3, 6, 5), torch.rand(2, 3, 6, 3))
    fine, skipped = torch.rand(2, 3, 20, 3), torch.randn(2, 3, 20, 4)
    found = step(fine, skipped, coarse)
    assert found.shape == (2, 3, 20, 8)
    assert (found >= 0).all()
    assert torch.allclose(step.mix[3](step.mix[2](step.mix[1](step.mix[0](step.carry(
        fine.flatten(0, 1), coarse.position.flatten(0, 1), coarse.feature.flatten(0, 1),
        skipped.flatten(0, 1)))))).mean((0, 1)), torch.zeros(8), atol=1e-5)  # fmt: skip


def test_the_decoder_ends_at_the_points():
    decoder = PropagationDecoder([4, 6, 8], [(8, 7), (6, 5), (4, 3)])
    points = torch.rand(2, 3, 32, 3)
    levels = [
        Superpoints(torch.randn(2, 3, n, c), points[:, :, :n]) for n, c in ((16, 4), (8, 6), (2, 8))
    ]
    assert decoder(points, levels).shape == (2, 3, 32, 3)
    assert decoder.width == 3


def test_where_superpoints_are_points_there_is_nothing_to_carry():
    feature = torch.rand(2, 3, 8, 5)
    level = Superpoints(feature, torch.rand(2, 3, 8, 3))
    decoder = SameDecoder(5)
    assert decoder(level.position, [level]) is feature
    assert decoder.width == 5
