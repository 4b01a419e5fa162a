import pytest
import torch

from pcv.encoders.encoder import Encoder


def test_the_shared_part_encodes_nothing():
    encoder, points = Encoder(), torch.rand(1, 4, 8, 3)
    for call in (
        lambda: encoder(points), lambda: encoder.superpoints(4, 8),
        lambda: encoder.anchor_frames(4), encoder.decoder,
    ):  # fmt: skip
        with pytest.raises(NotImplementedError):
            call()
