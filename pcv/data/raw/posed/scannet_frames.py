"""Frames that were exported from ScanNet (Dai et al., CVPR 2017), one folder per scene.

``color/0.jpg``, ``depth/0.png``, ``pose/0.txt`` (camera-to-world; infinite where tracking was
lost), ``intrinsic/intrinsic_depth.txt`` and ``intrinsic_color.txt``; label images in ``label/`` and
images of the scan's objects, numbered alike in all frames, in ``instance/``.
The collection of every 100th frame has its two files of intrinsics beside the folders.
"""

from __future__ import annotations

import re
from pathlib import Path

from pcv.data.raw.listing import walk
from pcv.data.raw.posed.camera_files import find_cameras
from pcv.data.raw.posed.layout import Cameras, Entry, Layout, load_files, read_matrix

PARTS = {"color": "colour", "depth": "depth", "pose": "pose", "label": "labels",
         "instance": "instances"}  # fmt: skip
KINDS = {"color": (".jpg", ".png"), "depth": (".png",), "pose": (".txt",),
         "label": (".png",), "instance": (".png",)}  # fmt: skip
NUMBER = re.compile(r"(?:frame-)?(\d+)")
INTRINSICS = {
    "depth": ("intrinsic/intrinsic_depth.txt", "intrinsics_depth.txt"),
    "colour": ("intrinsic/intrinsic_color.txt", "intrinsics_color.txt"),
}


def _find(root: Path) -> list[Path]:
    return sorted(
        Path(folder) for folder, inside, _ in walk(root) if {"color", "depth", "pose"} <= {*inside}
    )


def _entries(path: Path) -> list[Entry]:
    found: dict[int, Entry] = {}
    for folder, part in PARTS.items():
        if not (path / folder).is_dir():
            continue
        for file in sorted((path / folder).iterdir()):
            match = NUMBER.fullmatch(file.stem)
            if match and file.suffix.lower() in KINDS[folder]:
                number = int(match[1])
                found[number] = found.get(number, Entry(number)).having(part, file)
    return [found[number] for number in sorted(found)]


def _cameras(path: Path) -> Cameras | None:
    files = {name: _first(path, names) for name, names in INTRINSICS.items()}
    if files["depth"] is None:
        return find_cameras(path)
    colour = files["colour"]
    return Cameras(
        read_matrix(files["depth"], 4)[:3, :3],
        None if colour is None else read_matrix(colour, 4)[:3, :3],
        files["depth"],
    )


def _first(path: Path, names: tuple[str, ...]) -> Path | None:
    files = [folder / name for name in names for folder in (path, path.parent)]
    return next((file for file in files if file.is_file()), None)


SCANNET = Layout(
    "color/0.jpg, depth/0.png, pose/0.txt and intrinsic/intrinsic_depth.txt",
    "z",
    0.001,
    _find,
    _entries,
    _cameras,
    load_files,
)
