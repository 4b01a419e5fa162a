from pathlib import Path

import numpy as np
import pytest

from pcv.clip import Video
from pcv.data.prepare import prepare
from pcv.data.store.store import open_store
from pcv.data.suggest import suggest, suggestion_lines


def made(raw: Path, reader, out: Path, speed: float, density: float = 1.0):
    """A sheet of 400 points, 0.05 m apart, that slides sideways."""

    class Sheet(type(reader)):
        def read_video(self, source):
            grid = np.stack(np.meshgrid(np.arange(20), np.arange(20)), -1).reshape(-1, 2) * 0.05
            sheet = np.column_stack([grid, np.zeros(400)])
            frames = [
                (sheet * density + [0, 0, speed * t]).astype(np.float32)
                for t in range(self.count_frames(source))
            ]
            return Video(source, frames)

    prepare(Sheet(lengths=(60, 60)), raw, out, points=400)
    return suggest(open_store(out))


def test_the_radius_follows_the_spacing(raw: Path, reader, tmp_path: Path) -> None:
    found = made(raw, reader, tmp_path / "a", 0.0)
    assert found.spacing == pytest.approx(0.05, abs=1e-3)
    assert found.radius == pytest.approx(5.6 * 0.05, abs=0.01)
    assert found.points == 400
    wide = made(raw, reader, tmp_path / "b", 0.0, density=4.0)
    assert wide.radius == pytest.approx(4 * found.radius, rel=0.05)


def test_the_interval_follows_the_motion(raw: Path, reader, tmp_path: Path) -> None:
    intervals = [
        made(raw, reader, tmp_path / f"{speed}", speed).interval for speed in (0.2, 0.03, 0.0)
    ]
    assert intervals[0] == 1
    assert intervals == sorted(intervals)
    assert intervals[2] == 2  # the slowest, and 24 frames still fit into 60


def test_it_says_so_in_two_lines(raw: Path, reader, tmp_path: Path) -> None:
    radius, interval = suggestion_lines(made(raw, reader, tmp_path / "a", 0.2))
    assert "encoder.radius" in radius
    assert "data.interval" in interval
