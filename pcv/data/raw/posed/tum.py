"""TUM RGB-D (Sturm et al., IROS 2012): images named by time, poses of a motion-capture system.

``rgb.txt`` and ``depth.txt`` list times and files, ``groundtruth.txt`` times and poses (position,
then a quaternion x y z w). A depth image goes with the colour image and the pose nearest in time.
Depth is registered to colour, with 5000 units per metre.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pcv.data.files.checked import read_bytes
from pcv.data.raw.listing import walk
from pcv.data.raw.posed.camera_files import find_cameras
from pcv.data.raw.posed.layout import (
    COPY,
    Cameras,
    Entry,
    Layout,
    RawFrame,
    needed,
    pinhole,
    read_colour_image,
    read_depth_image,
)
from pcv.errors import RawFileError

LISTS = ("rgb.txt", "depth.txt", "groundtruth.txt")
APART = 0.02  # seconds, at most, between images and poses that belong together
SIZE = (480, 640)  # rows and columns of all images of the dataset
PUBLISHED = {  # of the colour cameras, by what a recording's name holds
    "freiburg1": pinhole(517.3, 516.5, 318.6, 255.3),
    "freiburg2": pinhole(520.9, 521.0, 325.1, 249.7),
    "freiburg3": pinhole(535.4, 539.2, 320.1, 247.6),
}


class Timed(NamedTuple):
    """A list of ascending times, and the words that belong to each."""

    times: NDArray[np.float64]  # (n,) seconds
    rows: list[list[str]]

    def nearest(self, time: float) -> int | None:
        """Return which row is nearest in time; None: no row is near."""
        at = int(np.searchsorted(self.times, time))
        close = [i for i in (at - 1, at) if 0 <= i < len(self.times)]
        best = min(close, key=lambda i: abs(self.times[i] - time), default=None)
        return None if best is None or abs(self.times[best] - time) > APART else best


def _find(root: Path) -> list[Path]:
    return sorted(Path(folder) for folder, _, names in walk(root) if {*LISTS} <= {*names})


def _entries(path: Path) -> list[Entry]:
    """Find colour and pose for every depth image; ``offset`` is the row of the pose."""
    rgb, depth = _read_list(path / LISTS[0], 1), _read_list(path / LISTS[1], 1)
    poses = _read_list(path / LISTS[2], 7)
    entries = []
    for number, (time, (name,)) in enumerate(zip(depth.times, depth.rows, strict=True)):
        colour, pose = rgb.nearest(time), poses.nearest(time)
        entries.append(
            Entry(
                number,
                None if colour is None else _below(path, rgb.rows[colour][0], LISTS[0]),
                _below(path, name, LISTS[1]),
                None if pose is None else path / LISTS[2],
                offset=-1 if pose is None else pose,
            )
        )
    return entries


def _below(path: Path, name: str, source: str) -> Path | None:
    """Return a listed file if it is there; a list may name no file outside its folder."""
    file = path / name
    if Path(name).is_absolute() or ".." in Path(name).parts:
        raise RawFileError(path / source, f"lists {name[:80]}, outside its folder", COPY)
    try:
        return file if file.is_file() else None
    except OSError:
        return None  # a name that no file can have


def _load(path: Path, entry: Entry) -> RawFrame:
    depth = read_depth_image(needed(path, entry.depth, "depth image"))
    colour = read_colour_image(needed(path, entry.colour, f"colour image within {APART:g} s"))
    poses = needed(path, entry.pose, f"pose within {APART:g} s")
    row = _read_list(poses, 7).rows[entry.offset]
    return RawFrame(colour, depth, _pose(poses, [float(word) for word in row]))


def _pose(path: Path, numbers: list[float]) -> NDArray[np.float64]:  # (4, 4)
    """Make a matrix of a position and a quaternion x y z w of any length but zero."""
    turn = np.array(numbers[3:])
    with np.errstate(invalid="ignore"):
        turn = turn / (np.abs(turn).max() or np.nan)  # so that no square overflows
        x, y, z, w = turn / (np.linalg.norm(turn) or np.nan)
    pose = np.eye(4)
    pose[:3, :3] = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    pose[:3, 3] = numbers[:3]
    return pose


def _cameras(path: Path) -> Cameras | None:
    found = find_cameras(path, registered=True)
    if found:
        return found
    known = [camera for name, camera in PUBLISHED.items() if name in path.resolve().name]
    return Cameras(known[0], size=SIZE, colour_size=SIZE) if known else None


def _read_list(path: Path, values: int) -> Timed:
    """Read lines of a time and words; lines that begin with # are comments."""
    try:
        changed = path.stat().st_mtime_ns
    except OSError as error:
        raise RawFileError(path, f"cannot be read: {error.strerror}", "check the path") from None
    return _parse_list(path, values, changed)


@lru_cache(maxsize=8)
def _parse_list(path: Path, values: int, changed: int) -> Timed:
    lines = read_bytes(path).decode("utf-8", "replace").splitlines()
    rows = [line.replace(",", " ").split() for line in lines if line.strip()[:1] not in ("", "#")]
    try:
        times = np.array([float(row[0]) for row in rows])
        if values > 1:
            _ = [float(word) for row in rows for word in row]
        if any(len(row) != values + 1 for row in rows) or not np.isfinite(times).all():
            raise ValueError
    except (ValueError, IndexError):
        raise RawFileError(
            path, f"a line is not {values + 1} columns that begin with a time", COPY
        ) from None
    order = np.argsort(times, kind="stable")
    return Timed(times[order], [rows[i][1:] for i in order])


TUM = Layout(
    "rgb.txt, depth.txt and groundtruth.txt", "z", 1 / 5000, _find, _entries, _cameras, _load
)
