from pathlib import Path

import numpy as np
import pytest

from pcv.clip import VideoSource
from pcv.data.raw.frames import Frame, Loaded, lazy_video, numbered_files
from pcv.errors import RawFileError

SOURCE = VideoSource(Path("x"), "x", -1, 0, 0, "train")


def test_points_and_columns_of_a_frame_cost_one_reading() -> None:
    read: list[int] = []

    def load(index: int) -> Frame:
        read.append(index)
        return Frame(np.full((2, 3), index, np.float32), {"labels": np.array([index, 0])})

    video = lazy_video(SOURCE, load, 3, ("labels",))
    assert read == []
    assert len(video.frames) == len(video.columns["labels"]) == 3
    for t in range(3):
        assert video.frames[t][0, 0] == video.columns["labels"][t][0] == t
    assert read == [0, 1, 2]
    assert lazy_video(SOURCE, load, 3).columns is None


def test_a_loaded_sequence_is_a_sequence() -> None:
    frames = Loaded(lambda index: np.array([index]), 3)
    assert [int(frame[0]) for frame in frames] == [0, 1, 2]
    assert (int(frames[-1][0]), [int(f[0]) for f in frames[1:]]) == (2, [1, 2])
    with pytest.raises(IndexError):
        frames[3]


def test_frames_are_ordered_by_number(tmp_path: Path) -> None:
    for name in ("10.x", "9.x", "note.txt"):
        (tmp_path / name).touch()
    assert list(numbered_files(tmp_path, ".x")) == [9, 10]
    (tmp_path / "09.x").touch()
    with pytest.raises(RawFileError, match=r"the same frame as 09\.x"):
        numbered_files(tmp_path, ".x")
    with pytest.raises(RawFileError, match="cannot be listed"):
        numbered_files(tmp_path / "none", ".x")
