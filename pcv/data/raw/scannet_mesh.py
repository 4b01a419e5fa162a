"""A ScanNet room as its official files: a mesh, its labels, its segments and their annotation."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pcv.clip import VideoSource
from pcv.data.files.checked import read_bytes
from pcv.data.files.ply import Mesh, read_mesh, read_ply
from pcv.data.normals import normals_of_faces
from pcv.data.raw.room import RawRoom, check_points, unit_normals
from pcv.errors import InputError, RawFileError, one_line

MESH = "_vh_clean_2.ply"
LABELS = "_vh_clean_2.labels.ply"
SEGMENTS = "_vh_clean_2.0.010000.segs.json"
ANNOTATION = ".aggregation.json"
TABLE = "scannetv2-labels.combined.tsv"
MOST_ID = 65535  # the largest id that a file of labels can hold
COLUMN = {20: "nyu40id", 200: "id"}  # which column of the table has the ids


class AnnotatedVertices(NamedTuple):
    """What the annotation says of every vertex."""

    kind: NDArray[np.int64]  # (n,) id of the class; 0: it is not annotated
    number: NDArray[np.int64]  # (n,) number of the object, from 0; -1: it is of none


def files_of(path: Path, root: Path) -> list[Path]:
    """Return the files of a room that are there; the label table is one if it is annotated."""
    found = [path, *(file for end in (LABELS, SEGMENTS) if (file := _beside(path, end)).is_file())]
    annotation = _beside(path, ANNOTATION)
    if annotation.is_file():
        found += [annotation, find_label_table(root)]
    return found


def find_label_table(root: Path) -> Path:
    """Return the table that gives the ids of annotated names.

    Raises:
        InputError: There is none in the folder or in the folders in it.
    """
    for path in (root / TABLE, *sorted(root.glob(f"*/{TABLE}"))):
        if path.is_file():
            return path
    raise InputError(f"{root}: {TABLE} is missing, which gives the ids of classes; copy it there")


def read_room(source: VideoSource, classes: int) -> RawRoom:
    """Read a room of n points; its normals are those of the file, else those of the faces.

    For 20 classes the labels are NYU40 ids, from ``.labels.ply`` if there is one, else from the
    annotation. For 200 classes they are ids of the label table, from the annotation.

    Raises:
        RawFileError: A file is damaged or of another length, or a name is not in the table.
    """
    path = source.path
    mesh = read_mesh(path)
    count = len(mesh.cloud.points)
    if not count:
        raise RawFileError(path, "has no vertices", "copy it again, or leave it out")
    objects = _objects(source, count, COLUMN[classes])
    labels_file, labels = _beside(path, LABELS), None if objects is None else objects.kind
    if objects is None or (classes == 20 and labels_file in source.files):
        labels = _labels(source, labels_file, count, classes)
    else:
        labels_file = _beside(path, ANNOTATION)
    return RawRoom(
        points=mesh.cloud.points,
        colour=mesh.cloud.colour,
        labels=labels,
        labels_from=labels_file,
        instances=None if objects is None else objects.number,
        normals=_normals(path, mesh),
    )


def _normals(path: Path, mesh: Mesh) -> NDArray[np.floating[Any]] | None:
    points, normals = mesh.cloud.points, mesh.cloud.normals
    if normals is None:
        check_points(path, points)
        return normals_of_faces(points, mesh.faces) if len(mesh.faces) else None
    return unit_normals(path, normals)


def _labels(source: VideoSource, path: Path, points: int, classes: int) -> NDArray[np.int64] | None:
    if path not in source.files or classes != 20:
        return None
    labels = read_ply(path).labels
    if labels is None:
        raise RawFileError(path, "its vertices have no label", "copy it again")
    if len(labels) != points:
        raise RawFileError(path, f"has {len(labels)} labels for {points} points", "copy both again")
    return labels


def _objects(source: VideoSource, points: int, column: str) -> AnnotatedVertices | None:
    path = _beside(source.path, ANNOTATION)
    segments_file = _beside(source.path, SEGMENTS)
    if path not in source.files:
        return None
    if segments_file not in source.files:
        raise RawFileError(segments_file, "is missing, though its annotation is there", "copy it")
    segments = _segments(segments_file, points)
    ids = read_label_table(source.files[-1], column)
    kind, number = np.zeros(points, np.int64), np.full(points, -1, np.int64)
    for index, (name, members) in enumerate(_groups(path)):
        if name not in ids:
            raise RawFileError(path, f"its {name!a} is not in {TABLE}", "copy both again")
        inside = np.isin(segments, members)
        kind[inside], number[inside] = ids[name], index
    return AnnotatedVertices(kind, number)


def _segments(path: Path, points: int) -> NDArray[np.int64]:
    tree = _json(path)
    found = tree.get("segIndices") if isinstance(tree, dict) else None
    try:
        segments = np.array(found, np.int64)
    except (TypeError, ValueError, OverflowError):
        segments = np.empty(0, np.int64)
    if segments.shape != (points,):
        size = len(found) if isinstance(found, list) else "no"
        raise RawFileError(path, f"has {size} segments for {points} points", "copy both again")
    return segments


def _groups(path: Path) -> list[tuple[str, list[int]]]:
    """Return the name and the segments of every object."""
    tree = _json(path)
    try:
        groups = [(str(g["label"]), [int(s) for s in g["segments"]]) for g in tree["segGroups"]]
    except (KeyError, TypeError, ValueError, OverflowError):
        raise RawFileError(
            path, "is no annotation: expected segGroups of label and segments", "copy it again"
        ) from None
    return groups


def _json(path: Path) -> Any:  # noqa: ANN401 - what a JSON file holds
    try:
        return json.loads(read_bytes(path))
    except (ValueError, RecursionError) as error:
        reason = one_line(error, 120)
        raise RawFileError(path, f"cannot be read as JSON: {reason}", "copy it again") from None


def read_label_table(path: Path, column: str) -> dict[str, int]:
    """Read which id a column of the label table gives to every ``raw_category``.

    Raises:
        RawFileError: The file is no such table.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t"))
        return {row["raw_category"]: _id(row[column] or "0") for row in rows}
    except OSError as error:
        raise RawFileError(path, f"cannot be read: {error.strerror}", "copy it again") from None
    except (KeyError, ValueError, TypeError, csv.Error):
        raise RawFileError(
            path,
            f"is no label table: expected the columns raw_category and {column}",
            "copy it again",
        ) from None


def _id(word: str) -> int:
    number = int(word)
    if not 0 <= number <= MOST_ID:
        raise ValueError
    return number


def _beside(path: Path, end: str) -> Path:
    return path.with_name(path.name.removesuffix(MESH) + end)
