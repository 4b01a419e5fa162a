"""What all datasets of rooms share: axes, columns, checks, and which rooms train."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pcv.clip import COLOUR, INSTANCES, LABELS, NORMALS, Video, VideoSource
from pcv.data.files.checked import check_finite
from pcv.data.normals import check_width, estimate_normals
from pcv.errors import InputError, RawFileError
from pcv.regular_file import read_text

COLUMNS = {"labels": LABELS, "colour": COLOUR, "normals": NORMALS, "instances": INSTANCES}
ORDERED = 1 << 19  # so many points of a room are put into farthest-point order
UP_Z = np.array([[1.0, 0, 0], [0, 0, -1.0], [0, 1.0, 0]])  # from z up to the axes of stores
OFFICIAL = {"train": "scannetv2_train.txt", "test": "scannetv2_val.txt"}
EVERY = 3  # without lists, every third room tests


class RawRoom(NamedTuple):
    """What the files of a room hold, in their own axes."""

    points: NDArray[np.float64]  # (n, 3) metres, z up
    colour: NDArray[np.uint8] | None  # (n, 3)
    labels: NDArray[np.int64] | None  # (n,) ids of the dataset
    labels_from: Path  # the file that the labels are from
    instances: NDArray[np.int64] | None  # (n,) objects from 0; -1: none
    normals: NDArray[np.floating] | None = None  # (n, 3) unit length, z up


class RoomLists(NamedTuple):
    """The files that name the rooms that train and those that test, one room per line."""

    train: Path | None = None
    test: Path | None = None

    def describe(self, root: Path) -> str:
        """Say where the split comes from: names and checksums of the lists, or the rule."""
        found = [path for path in self._files(root).values() if path]
        named = [f"{p.name} {hashlib.sha256(' '.join(_lines(p)).encode()).hexdigest()[:12]}"
                 for p in found]  # fmt: skip
        return ", ".join(named) or f"every {EVERY}rd room tests"

    def splits(self, root: Path, names: list[str]) -> dict[str, str]:
        """Return the split of every room: by the lists given, else those found, else by a rule.

        By that rule every third room tests. All scans of one room, whose names are alike up to
        ``_``, have the same split.
        """
        found = self._files(root)
        if any(found.values()):
            return _listed(found)
        rooms = sorted({name.rpartition("_")[0] for name in names})
        tests = set(rooms[EVERY - 1 :: EVERY])
        return {n: "test" if n.rpartition("_")[0] in tests else "train" for n in names}

    def _files(self, root: Path) -> dict[str, Path | None]:
        """The lists given, else those in the folder or in the folders in it."""
        if any(self):
            return {"train": self.train, "test": self.test}
        return {split: _find(root, name) for split, name in OFFICIAL.items()}


def room_video(
    source: VideoSource,
    room: RawRoom,
    labels: NDArray[np.int16] | None,  # (n,)
    *,
    unlabelled: bool,
) -> Video:
    """Make a video of one frame of a room, with every column of ``COLUMNS``.

    Args:
        source: The room.
        room: What was read of it.
        labels: Classes from 0, and -1 for ignored points; None: the room has no labels.
        unlabelled: Whether a room may have no labels.

    Raises:
        RawFileError: There is no point, one is not finite, or labels or colours are missing.
    """
    path = source.path
    if not len(room.points):
        raise RawFileError(path, "holds no point", "leave it out")
    check_points(path, room.points)
    if labels is None and not unlabelled:
        raise RawFileError(path, "its points have no labels", "copy them, or give --unlabelled")
    if room.colour is None:
        raise RawFileError(path, "its points have no colour", "export it with red, green, blue")
    count = len(room.points)
    missing = np.full(count, -1, np.int16)
    columns: dict[str, NDArray[np.generic]] = {
        "labels": missing if labels is None else labels,
        "colour": room.colour,
        "normals": stored_normals(room.points, room.normals),
        "instances": missing if room.instances is None else _narrow(path, room.instances),
    }
    points = (room.points @ UP_Z.T).astype(np.float32)
    return Video(source, [points], {name: [values] for name, values in columns.items()})


def check_points(path: Path, points: NDArray[np.floating]) -> None:  # (n, 3)
    """Refuse points that no room holds.

    Raises:
        RawFileError: One is not finite, or they are too far apart.
    """
    check_finite(path, points)
    try:
        check_width(points)
    except InputError as error:
        raise RawFileError(path, str(error), "is it damaged?") from None


def stored_normals(
    points: NDArray[np.float64],  # (n, 3) metres, z up
    normals: NDArray[np.floating] | None,  # (n, 3) unit length, z up; None: to be estimated
) -> NDArray[np.int8]:  # (n, 3)
    """Return the normals of a room as a store keeps them."""
    found = estimate_normals(points) if normals is None else normals
    return np.round(found @ UP_Z.T * 127).astype(np.int8)


def unit_normals(path: Path, normals: NDArray[np.float64]) -> NDArray[np.float64]:  # (n, 3) both
    """Return the normals of a file at unit length; zeros, which stand for no normal, stay zeros.

    Raises:
        RawFileError: A normal is not finite.
    """
    check_finite(path, normals, "write it again")
    largest = np.abs(normals).max(1, keepdims=True)  # so that no square overflows
    normals = np.divide(normals, largest, out=np.zeros_like(normals), where=largest > 0)
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    return np.divide(normals, length, out=np.zeros_like(normals), where=length > 0)


def _narrow(path: Path, instances: NDArray[np.int64]) -> NDArray[np.int16]:
    low, high = instances.min(), instances.max()
    if low < -1 or high > np.iinfo(np.int16).max:
        raise RawFileError(path, f"has instances {low} to {high}", "number them from 1, or from 0")
    return instances.astype(np.int16)


def _find(root: Path, name: str) -> Path | None:
    found = sorted([*root.glob(name), *root.glob(f"*/{name}")])
    if len(found) > 1:
        raise InputError(f"{found[1]}: is a second list beside {found[0]}; keep one")
    return found[0] if found else None


def _listed(lists: dict[str, Path | None]) -> dict[str, str]:
    splits: dict[str, str] = {}
    side: dict[str, str] = {}
    for split, path in lists.items():
        for name in _lines(path) if path else []:
            room = name.rpartition("_")[0]
            if side.setdefault(room, split) != split:
                raise RawFileError(
                    Path(path or ""), f"{name}: room {room} is on both lists", "keep it on one"
                )
            splits[name] = split
    return splits


def _lines(path: Path) -> list[str]:
    try:
        lines = read_text(path).split()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise InputError(f"{path}: cannot be read: {reason}; copy it again") from None
    if not lines:
        raise InputError(f"{path}: lists no room; copy it again from the dataset")
    return lines
