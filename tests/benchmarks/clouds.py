"""The point clouds that benchmarks are measured on, real ones where there are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pcv.data.raw.utd import UtdMhad

NO_DATA = "no real recordings: give --data or PCV_DATA"


def utd_root(data: Path | None) -> Path | None:
    """The folder of UTD-MHAD in a folder of data sets."""
    return data / "utd-mhad" if data and (data / "utd-mhad").is_dir() else None


def utd_frames(data: Path | None) -> list[NDArray[np.float32]] | None:
    """All frames of the recording a1_s1_t1 of UTD-MHAD, metres."""
    root = utd_root(data)
    if root is None:
        return None
    reader = UtdMhad()
    (video,) = (v for v in reader.list_videos(root) if v.name == "a1_s1_t1")
    return reader.read_video(video).frames


def utd_frame(data: Path | None) -> NDArray[np.float32] | None:
    """A frame of 6,366 points."""
    frames = utd_frames(data)
    return None if frames is None else frames[20]


def lidar_scan(data: Path | None) -> NDArray[np.float32] | None:
    """A scan of 23,635 returns, metres."""
    file = data / "lidar/00/velodyne/000000.bin" if data else None
    if file is None or not file.is_file():
        return None
    scan = np.fromfile(file, np.float32).reshape(-1, 4)[:, :3]
    return np.ascontiguousarray(scan[(scan != 0).any(1)])


def uniform(*shape: int) -> NDArray[np.float32]:
    """Points of the unit cube, always the same."""
    return np.random.default_rng(0).random((*shape, 3), dtype=np.float32)
