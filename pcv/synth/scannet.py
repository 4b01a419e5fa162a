"""Synthetic rooms in the layout of ScanNet: mesh, labels, segments, annotation, table, lists."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pcv.data.raw.room import EVERY, OFFICIAL
from pcv.data.raw.scannet_mesh import ANNOTATION, LABELS, MESH, SEGMENTS, TABLE
from pcv.errors import InputError
from pcv.progress import Advance, Progress
from pcv.synth.new_folder import new_folder
from pcv.synth.room import COLOURS, SyntheticRoom, build_room
from pcv.whole import whole_folder

MOST = 10_000  # rooms that four digits tell apart
IDS = {
    "wall": (1, 1), "chair": (2, 5), "floor": (3, 2), "table": (4, 7), "door": (5, 8),
    "couch": (6, 6), "cabinet": (7, 3), "desk": (9, 14), "bed": (11, 4), "picture": (15, 11),
    "window": (16, 9), "bookshelf": (18, 10), "curtain": (21, 16), "ceiling": (41, 22),
}  # fmt: skip  # id and NYU40 id in ScanNet's own table
HEADER = "id\traw_category\tcategory\tcount\tnyu40id"


def synthesise_scannet(
    out: Path, *, rooms: int, seed: int, progress: Progress | None = None
) -> int:
    """Write rooms, every third on the validation list; a seed always gives the same files.

    Returns:
        How many rooms there are.

    Raises:
        InputError: There are too many rooms, or ``out`` holds something.
        PcvError: The disk is full.
    """
    if not 1 <= rooms <= MOST:
        raise InputError(f"choose 1 to {MOST} rooms")
    advance = Advance(progress, rooms)
    with new_folder(out):
        names = [f"scene{number:04}_00" for number in range(rooms)]
        for number, name in enumerate(names):
            _write_room(out / "scans" / name, build_room(np.random.default_rng([seed, number])))
            advance(text=name)
        _write_lists(out, names)
    return rooms


def _write_lists(out: Path, names: list[str]) -> None:
    rows = [f"{a}\t{kind}\t{kind}\t1\t{b}" for kind, (a, b) in sorted(IDS.items())]
    (out / TABLE).write_text("\n".join([HEADER, *rows]) + "\n")
    held = names[EVERY - 1 :: EVERY]
    for split, chosen in {"train": [n for n in names if n not in held], "test": held}.items():
        if chosen:
            (out / OFFICIAL[split]).write_text("\n".join(chosen) + "\n")


def _write_room(folder: Path, room: SyntheticRoom) -> None:
    """Write the files of a room into a folder that appears whole or not at all."""
    name = folder.name
    nyu = np.array([IDS[kind][1] for kind in room.kinds])[room.thing]
    colours = np.array([COLOURS[kind] for kind in room.kinds], np.uint8)[room.thing]
    segments = {"sceneId": name, "segIndices": room.surface.tolist()}
    annotation = {"sceneId": f"scannet.{name}", "segGroups": _groups(room)}
    with whole_folder(folder) as partial:
        _write_ply(partial / f"{name}{MESH}", room, room.colour, None)
        _write_ply(partial / f"{name}{LABELS}", room, colours, nyu)
        (partial / f"{name}{SEGMENTS}").write_text(json.dumps(segments))
        (partial / f"{name}{ANNOTATION}").write_text(json.dumps(annotation))


def _groups(room: SyntheticRoom) -> list[dict[str, Any]]:
    """Objects, each with the surfaces it is made of."""
    return [
        {
            "id": number,
            "objectId": number,
            "label": kind,
            "segments": np.unique(room.surface[room.thing == number]).tolist(),
        }
        for number, kind in enumerate(room.kinds)
    ]


def _write_ply(
    path: Path, room: SyntheticRoom, colour: NDArray[np.uint8], label: NDArray[np.int64] | None
) -> None:
    fields = [("x", "<f4"), ("y", "<f4"), ("z", "<f4"), ("red", "u1"), ("green", "u1"),
              ("blue", "u1"), ("alpha", "u1")]  # fmt: skip
    fields += [] if label is None else [("label", "<u2")]
    names = {"<f4": "float", "u1": "uchar", "<u2": "ushort"}
    vertices = np.empty(len(room.points), fields)
    for axis, key in enumerate("xyz"):
        vertices[key] = room.points[:, axis]
    for channel, key in enumerate(("red", "green", "blue")):
        vertices[key] = colour[:, channel]
    vertices["alpha"] = 255
    if label is not None:
        vertices["label"] = label
    faces = np.empty(len(room.faces), [("count", "u1"), ("corners", "<i4", (3,))])
    faces["count"], faces["corners"] = 3, room.faces
    header = [
        "ply", "format binary_little_endian 1.0", f"element vertex {len(vertices)}",
        *(f"property {names[kind]} {key}" for key, kind in fields),
        f"element face {len(faces)}", "property list uchar int vertex_indices", "end_header",
    ]  # fmt: skip
    data = "\n".join(header).encode() + b"\n" + vertices.tobytes() + faces.tobytes()
    path.write_bytes(data)
