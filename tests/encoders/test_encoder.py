import pytest
import torch

from pcv.clip import ClipBatch
from pcv.encoders import ClipEncoder, Encoder, RowEncoder, SceneEncoder, VoxelEncoder

BATCH = ClipBatch(torch.rand(1, 4, 8, 3), torch.zeros(1), torch.zeros(1))


def test_what_is_shared_encodes_nothing():
    clips, points = ClipEncoder(), BATCH.points
    for call in (
        lambda: Encoder().describe(BATCH), lambda: clips(points),
        lambda: clips.superpoints(4, 8), lambda: clips.anchor_frames(4), clips.decoder,
        lambda: SceneEncoder().describe(BATCH), lambda: RowEncoder().regions(BATCH),
        lambda: RowEncoder().trace(BATCH, "single"), lambda: RowEncoder().local_positions(points),
        lambda: VoxelEncoder().voxels(points, points, points),
    ):  # fmt: skip
        with pytest.raises(NotImplementedError):
            call()
