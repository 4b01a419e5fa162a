"""SparseUNet: the published size, and features that are a cloud's own."""

import pytest
import torch

from pcv.clip import ClipBatch
from pcv.config.encoder import SparseUNetConfig
from pcv.encoders import build_encoder

SMALL = SparseUNetConfig(
    name="sparseunet", voxel=0.2, stem=8, channels=(8, 12, 12, 8), blocks=(1, 1, 1, 1)
)


def batch(count=300):
    draw = torch.Generator().manual_seed(0)
    points = torch.rand(2, 2, count, 3, generator=draw)
    colour = torch.randint(0, 256, points.shape, generator=draw, dtype=torch.uint8)
    normal = torch.nn.functional.normalize(torch.randn(points.shape, generator=draw), dim=-1)
    label = torch.full((2,), -1)
    return ClipBatch(points, label, label, point_colour=colour, point_normal=normal)


def test_the_published_number_of_parameters():
    encoder = build_encoder(SparseUNetConfig(name="sparseunet"))
    assert sum(p.numel() for p in encoder.parameters()) == 39_155_904  # SparseUNet34: 39.1 M
    assert encoder.width == 96


def test_every_point_has_the_feature_of_its_voxel_and_every_parameter_learns():
    torch.manual_seed(0)
    encoder, clips = build_encoder(SMALL), batch()
    found = encoder.point_features(clips)
    assert found.shape == (2, 2, 300, 8)
    cell = (clips.points[0, 0] / 0.2).floor().long()
    low, high = cell[:, None], cell[None]
    same = (low == high).all(-1)
    near = (found[0, 0][:, None] == found[0, 0][None]).all(-1)
    assert near[same].all()
    assert not near[~same].all()
    found.square().mean().backward()
    for name, parameter in encoder.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name


def test_a_cloud_is_encoded_alone_and_wherever_it_lies():
    torch.manual_seed(0)
    encoder, clips = build_encoder(SMALL), batch()
    encoder.point_features(clips)  # sets the running statistics
    encoder.eval()
    whole = encoder.point_features(clips)
    one = clips._replace(
        points=clips.points[1:], point_colour=clips.point_colour[1:],
        point_normal=clips.point_normal[1:],
    )  # fmt: skip
    assert torch.allclose(encoder.point_features(one), whole[1:], atol=1e-5)
    moved = encoder.point_features(clips._replace(points=clips.points + 0.4))
    assert torch.allclose(moved, whole, atol=1e-2)  # a whole number of voxels away


def test_positions_are_means_of_points():
    points = torch.tensor([[0.0, 0, 0], [0.1, 0.1, 0.1], [1, 1, 1]])
    encoder = build_encoder(SMALL)
    found = encoder.voxels(points, torch.zeros(3, 6), torch.zeros(3, dtype=torch.long))
    assert torch.allclose(found.position, torch.tensor([[0.05] * 3, [1.0] * 3]))
    assert found.of_point.tolist() == [0, 0, 1]


def test_positions_alone_do_for_an_encoder_without_inputs():
    clips = batch()
    encoder = build_encoder(SMALL.model_copy(update={"inputs": ()}))
    level = encoder(clips.points)
    assert level.feature.shape == (2, 2, 300, 8)
    assert encoder.decoder()(clips.points, [level]) is level.feature
    assert encoder.superpoints(2, 300) == (2, 300)
    with pytest.raises(ValueError, match="positions alone are not enough"):
        build_encoder(SMALL)(clips.points)
    with pytest.raises(ValueError, match="reads normal"):
        build_encoder(SMALL).point_features(clips._replace(point_normal=None))
