"""Clouds with predicted classes, written as PLY that any viewer shows in colour."""

from __future__ import annotations

import colorsys
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pcv.errors import InputError
from pcv.whole import whole_file

TURN = (5**0.5 - 1) / 2  # of the colour circle per class: the golden ratio keeps hues apart
PROPERTIES = (
    ("x", "float", "<f4"), ("y", "float", "<f4"), ("z", "float", "<f4"),
    ("red", "uchar", "u1"), ("green", "uchar", "u1"), ("blue", "uchar", "u1"),
    ("label", "ushort", "<u2"), ("score", "float", "<f4"), ("nearest", "uchar", "u1"),
)  # fmt: skip
INSTANCE = ("instance", "int", "<i4")  # one more property, where objects are told apart


class LabelledCloud(NamedTuple):
    """One frame, and what is predicted for its points."""

    points: NDArray[np.floating]  # (n, 3) metres; written as doubles if they are float64
    label: NDArray[np.int64]  # (n,) from 0
    score: NDArray[np.float32]  # (n,) share of that class, 0 to 1
    nearest: NDArray[np.bool_]  # (n,) True: the class is that of the nearest point seen
    instance: NDArray[np.int64] | None = None  # (n,) object from 0, -1: none


def class_colours(count: int) -> NDArray[np.uint8]:  # (count, 3)
    """Return colours that tell classes apart, the same for every call."""
    rows = [
        colorsys.hsv_to_rgb(n * TURN % 1, 0.55 + 0.45 * (n % 2), 0.65 + 0.175 * (n // 2 % 3))
        for n in range(count)
    ]
    return np.round(np.array(rows).reshape(-1, 3) * 255).astype(np.uint8)


def write_labelled(path: Path, cloud: LabelledCloud, class_names: list[str], axes: str) -> None:
    """Write a frame as binary PLY; the file appears whole or not at all.

    Raises:
        OSError: The file cannot be written.
    """
    properties = PROPERTIES if cloud.instance is None else (*PROPERTIES, INSTANCE)
    if cloud.points.dtype == np.float64:
        properties = (*((axis, "double", "<f8") for axis in "xyz"), *properties[3:])
    values = np.empty(len(cloud.points), [(name, kind) for name, _, kind in properties])
    colours = class_colours(len(class_names))[cloud.label]
    for number, axis in enumerate("xyz"):
        values[axis] = cloud.points[:, number]
    for number, channel in enumerate(("red", "green", "blue")):
        values[channel] = colours[:, number]
    for name, _, _ in properties[6:]:
        values[name] = getattr(cloud, name)
    lines = [
        "ply",
        "format binary_little_endian 1.0",
        f"comment metres; {_plain(axes)}",
        "comment score: share of the class; nearest: 1 where it is that of the nearest point seen",
        *(f"comment class {number} {_plain(name)}" for number, name in enumerate(class_names)),
        f"element vertex {len(values)}",
        *(f"property {kind} {name}" for name, kind, _ in properties),
        "end_header\n",
    ]
    with whole_file(path, shared=True) as partial, partial.open("wb") as file:
        file.write("\n".join(lines).encode("ascii"))
        file.write(values.tobytes())


def _plain(text: str) -> str:
    """Return a text as one line of ASCII that cannot end the header."""
    return ascii(" ".join(text.split()))[1:-1].replace("end_header", "end-header")


def folder_of(out: Path, name: str) -> Path:
    """Return the folder of a recording's frames, below ``out``.

    Raises:
        InputError: The name would lead out of that folder.
    """
    parts = Path(name).parts
    if not parts or Path(name).is_absolute() or ".." in parts or "\0" in name:
        raise InputError(f"{name!a}: a recording of this name cannot be written below {out}")
    return out / name
