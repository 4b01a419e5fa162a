from pathlib import Path

import numpy as np
import pytest

from pcv.clip import VideoSource
from pcv.data.raw.depth_video import depth_video
from pcv.errors import RawFileError

SOURCE = VideoSource(Path("a.bin"), "a", 0, 0, 0, "train")
CAMERA = {"focal": (2.0, 4.0), "centre": (1.0, 1.0), "unit": 0.5}


def test_every_pixel_with_a_depth_is_a_point() -> None:
    images = np.zeros((2, 3, 3), np.uint16)
    images[1, 2, 0] = 8
    video = depth_video(SOURCE, images, **CAMERA)
    assert [len(frame) for frame in video.frames] == [0, 1]
    assert video.frames[1].tolist() == [[-2.0, 1.0, 4.0]]


def test_a_recording_of_background_alone_is_refused() -> None:
    empty = np.zeros((2, 3, 3), np.uint16)
    with pytest.raises(RawFileError, match=r"a\.bin: no pixel has a depth; leave the file out"):
        depth_video(SOURCE, empty, **CAMERA)
    with pytest.raises(RawFileError, match=r"a\.bin: no hand; leave it"):
        depth_video(SOURCE, empty, **CAMERA, empty=("no hand", "leave it"))
