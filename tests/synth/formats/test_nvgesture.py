from pathlib import Path

import numpy as np
import pytest

from pcv.data.files.movie import count_frames
from pcv.data.raw.nvgesture import NvGesture
from pcv.synth.formats.nvgesture import LEAD
from pcv.synth.people import synthesise_people

pytest.importorskip("av")


def test_films_and_lists_are_genuine(tmp_path: Path) -> None:
    assert synthesise_people(tmp_path, format="nvgesture", actions=1, subjects=3, trials=1) == 3
    reader = NvGesture()
    videos = reader.list_videos(tmp_path)
    assert [video.split for video in videos] == ["train", "train", "test"]
    assert videos[0].span == (LEAD, count_frames(videos[0].path) - LEAD)
    points = reader.read_video(videos[0]).frames[16]
    assert len(points) > 200
    assert 0.2 < np.median(points[:, 2]) < 0.8


def test_the_same_seed_gives_the_same_film(tmp_path: Path) -> None:
    for name in ("one", "two"):
        synthesise_people(tmp_path / name, format="nvgesture", actions=1, subjects=1, trials=1)
    one, two = (next((tmp_path / name).rglob("*.avi")).read_bytes() for name in ("one", "two"))
    assert one == two
