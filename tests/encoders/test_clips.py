import pytest
import torch

from pcv.clip import ClipBatch
from pcv.config.encoder import P4TransformerConfig, PSTNetConfig
from pcv.encoders import ClipEncoder, build_encoder

CONFIGS = [
    PSTNetConfig(width=1 / 32),
    P4TransformerConfig(name="p4transformer", width=1 / 32, depth=1, heads=1, head_channels=4,
                        mlp=8, spatial_stride=8, neighbours=8),
]  # fmt: skip


@pytest.mark.parametrize("config", CONFIGS, ids=lambda c: c.name)
def test_superpoints_are_as_many_as_told_and_describe_is_forward(config):
    encoder, points = build_encoder(config).eval(), torch.rand(2, 8, 64, 3)
    assert isinstance(encoder, ClipEncoder)
    found = encoder.describe(ClipBatch(points, torch.zeros(2), torch.zeros(2)))
    assert found.feature.shape == (2, *encoder.superpoints(8, 64), encoder.width)
    assert torch.equal(found.feature, encoder(points).feature)


def test_colours_are_read_from_0_to_1_and_must_be_there():
    encoder = build_encoder(CONFIGS[1].model_copy(update={"form": "scene", "colour": True}))
    points = torch.rand(1, 2, 4, 3)
    batch = ClipBatch(points, torch.zeros(1), torch.zeros(1))
    bytes_ = (points * 255).to(torch.uint8)
    given = encoder.inputs(batch._replace(point_colour=bytes_))
    assert torch.equal(given, torch.cat([points, bytes_ / 255], -1))
    with pytest.raises(ValueError, match="needs clips that carry it"):
        encoder.inputs(batch)


def test_anchors_are_the_first_points_where_an_encoder_says_so():
    for config in CONFIGS:
        encoder, points = build_encoder(config).eval(), torch.rand(1, 4, 64, 3)
        assert encoder.prefix_anchors
        found = encoder(points).position[0]
        anchors = encoder.superpoints(4, 64)[1]
        assert torch.equal(found, points[0, encoder.anchor_frames(4), :anchors])
        assert not build_encoder(config.model_copy(update={"anchors": "fps"})).prefix_anchors
    assert not ClipEncoder.prefix_anchors
