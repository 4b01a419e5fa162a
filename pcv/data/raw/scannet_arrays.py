"""A ScanNet room as arrays: ``sceneXXXX_YY_vert.npy`` and its labels, as VoteNet keeps them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pcv.clip import VideoSource
from pcv.data.files.arrays import pick, read_arrays
from pcv.data.files.cloud import byte_colour, whole_labels
from pcv.data.raw.room import RawRoom
from pcv.errors import RawFileError

VERTICES, LABELS, INSTANCES = "_vert.npy", "_sem_label.npy", "_ins_label.npy"


def files_of(path: Path) -> list[Path]:
    """Return the files of a room that are there: its vertices, and those beside them."""
    return [path, *(file for end in (LABELS, INSTANCES) if (file := beside(path, end)).is_file())]


def beside(path: Path, end: str) -> Path:
    """Return the path of another file of the room, whose name has another end."""
    return path.with_name(path.name.removesuffix(VERTICES) + end)


def read_room(source: VideoSource, classes: int) -> RawRoom:
    """Read a room of n points; its labels are NYU40 ids, and its instances count from 1.

    Raises:
        RawFileError: A file is damaged, pickled or of another length, or 200 classes are asked
            for, which NYU40 ids do not tell apart.
    """
    path = source.path
    values = pick(path, read_arrays(path), "points", (None, 6))
    labels_file = beside(path, LABELS)
    labels = _ids(source, labels_file, len(values))
    if labels is not None and classes != 20:
        raise RawFileError(
            labels_file,
            f"holds NYU40 ids, which do not tell {classes} classes apart",
            "use --classes 20",
        )
    instances = _ids(source, beside(path, INSTANCES), len(values))
    return RawRoom(
        points=values[:, :3].astype(np.float64),
        colour=byte_colour(path, values[:, 3:], fractions=False),
        labels=labels,
        labels_from=labels_file,
        instances=None if instances is None else instances - 1,
    )


def _ids(source: VideoSource, path: Path, points: int) -> NDArray[np.int64] | None:
    if path not in source.files:
        return None
    values = pick(path, read_arrays(path), "points", (None,))
    if len(values) != points:
        raise RawFileError(path, f"has {len(values)} labels for {points} points", "copy both again")
    return whole_labels(path, values)
