import pytest
import torch

from pcv.clip import ClipBatch
from pcv.config.encoder import SerialConfig, SparseUNetConfig
from pcv.encoders import SceneEncoder, build_encoder

VOXELS = SparseUNetConfig(
    name="sparseunet", inputs=(), voxel=0.2, stem=4, channels=(4, 4), blocks=(1, 1)
)
ROWS = SerialConfig(
    name="serial", inputs=("xyz",), channels=16, stem_blocks=1, neighbours=4, depth=1, heads=2,
    key_channels=4, value_channels=4, mlp=32,
)  # fmt: skip


@pytest.mark.parametrize("config", [VOXELS, ROWS], ids=lambda c: c.name)
def test_every_point_is_a_superpoint(config):
    encoder, points = build_encoder(config).eval(), torch.rand(2, 3, 20, 3)
    assert isinstance(encoder, SceneEncoder)
    batch = ClipBatch(points, torch.zeros(2), torch.zeros(2))
    found = encoder.describe(batch)
    assert torch.equal(found.position, points)
    assert torch.equal(found.feature, encoder.point_features(batch))
    assert torch.equal(encoder(points).feature, found.feature)
    assert encoder.superpoints(3, 20) == (3, 20)
    assert encoder.anchor_frames(3).tolist() == [0, 1, 2]


def test_what_reads_scenes_in_a_row_says_so():
    rows = build_encoder(ROWS)
    assert rows.in_a_row() is rows
    assert build_encoder(VOXELS).in_a_row() is None


def test_what_has_running_statistics_says_so():
    assert build_encoder(VOXELS).has_statistics
    assert not build_encoder(ROWS).has_statistics
    assert build_encoder(ROWS.model_copy(update={"norm": "batch"})).has_statistics
