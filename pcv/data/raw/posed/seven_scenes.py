"""Recordings in the form of 7-Scenes (Shotton et al., CVPR 2013)."""

from __future__ import annotations

import re
from pathlib import Path

from pcv.data.raw.listing import walk
from pcv.data.raw.posed.camera_files import find_cameras
from pcv.data.raw.posed.layout import Cameras, Entry, Layout, load_files, pinhole

NAME = re.compile(
    r"frame-(\d{6})\.(color\.jpg|color\.png|depth\.png|pose\.txt|label\.png|instance\.png)"
)
PARTS = {
    "color.jpg": "colour", "color.png": "colour", "depth.png": "depth", "pose.txt": "pose",
    "label.png": "labels", "instance.png": "instances",
}  # fmt: skip
PUBLISHED = pinhole(585, 585, 320, 240)  # of all recordings of the dataset
SIZE = (480, 640)  # rows and columns of all its images


def _find(root: Path) -> list[Path]:
    return sorted(
        Path(folder) for folder, _, names in walk(root) if any(NAME.fullmatch(n) for n in names)
    )


def _index(path: Path) -> list[Entry]:
    found: dict[int, Entry] = {}
    for file in sorted(path.iterdir()):
        match = NAME.fullmatch(file.name)
        if match:
            entry = found.get(int(match[1]), Entry(int(match[1])))
            found[entry.number] = entry.having(PARTS[match[2]], file)
    return [found[number] for number in sorted(found)]


def _cameras(path: Path) -> Cameras:
    """Read the file beside the frames or one folder above; else use what the dataset publishes.

    12-Scenes has the same names, but another camera and larger colour images.
    """
    return find_cameras(path) or Cameras(PUBLISHED, size=SIZE, colour_size=SIZE)


SEVEN_SCENES = Layout(
    "frame-000000.color.jpg, .depth.png and .pose.txt",
    "-y",
    0.001,
    _find,
    _index,
    _cameras,
    load_files,
)
