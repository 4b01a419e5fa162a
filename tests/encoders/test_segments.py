"""Cutting clips into segments."""

import pytest
import torch

from pcv.clip import Superpoints
from pcv.encoders.segments import encode_segments


def first_frame(points):
    return Superpoints(points[:, :1], points[:, :1])


def test_each_segment_is_encoded_on_its_own():
    points = torch.randn(2, 12, 5, 3)
    found = encode_segments(first_frame, points, 4)
    assert found.feature.shape == (2, 3, 1, 5, 3)
    for segment in range(3):
        assert torch.equal(found.feature[:, segment, 0], points[:, 4 * segment])


def test_zero_keeps_the_clip_whole():
    assert encode_segments(first_frame, torch.randn(2, 7, 5, 3), 0).feature.shape[1] == 1


def test_frames_that_do_not_divide():
    with pytest.raises(ValueError, match="multiple"):
        encode_segments(first_frame, torch.randn(1, 7, 5, 3), 4)
