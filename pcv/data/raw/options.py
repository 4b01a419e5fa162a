"""Readers built from options in words: those that a store noted, or those a user gives."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pcv.data.files.cloud_files import DepthCamera
from pcv.data.raw import READERS
from pcv.data.raw.reader import Reader
from pcv.data.raw.room_files import RoomFiles
from pcv.errors import InputError

Option = str | int | float
NUMBER = re.compile(r"-?\d+(?:\.\d*)?(?:e[-+]?\d+)?")


def build_reader(
    name: str,
    root: Path,
    noted: Mapping[str, Option],
    given: Mapping[str, Option],
    *,
    rooms: bool = False,
) -> Reader:
    """Build the reader of a format for recordings whose labels and split do not matter.

    Args:
        name: Of the format.
        root: Folder of videos, which the reader of anyone's own is told in advance.
        noted: What the reader of a store said of its settings; those of no concern are passed by.
        given: What a user says; goes before ``noted``.
        rooms: Whether rooms are to be read, or recordings.

    Raises:
        InputError: No such format, no such option of it, or a value that it cannot have.
    """
    options, always = (ROOMS, ALWAYS_ROOMS) if rooms else (OPTIONS, ALWAYS)
    if name in READERS and name not in options:
        held, wanted = ("recordings", "rooms") if rooms else ("scenes", "recordings")
        raise InputError(
            f"{root}: {held} of {name}, and only {wanted} are read here: the model was trained so"
        )
    if name not in READERS:
        raise InputError(f"--format {name}: choose store, {', '.join(options)}")
    known = options[name]
    for key in given:
        if key not in known:
            raise InputError(f"--read {key}: {name} has {', '.join(known) or 'no options'}")
    chosen = {key: value for key, value in noted.items() if key in known} | dict(given)
    fields: dict[str, Any] = dict(always.get(name, {}))
    for key, value in chosen.items():
        field, parse = known[key]
        try:
            fields[field] = parse(str(value))
        except ValueError as error:
            raise InputError(f"{name}: option {key} {value}: {error}") from None
    kind: Any = RoomFiles if rooms and name == "folder" else READERS[name]
    reader: Reader = kind(**({"root": root} if name in ROOTED else {}) | fields)
    return reader


def _number(text: str) -> float:
    value = float(text)
    if not 0 < value < math.inf:
        raise ValueError("expected a positive number")
    return value


def _count(text: str) -> int:
    if not re.fullmatch(r"\d{1,9}(\.0)?", text):
        raise ValueError("expected a whole number")
    return int(float(text))


def _every(text: str) -> int:
    value = _count(text)
    if not value:
        raise ValueError("expected a positive number")
    return value


def _switch(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError("expected true or false")
    return text.lower() == "true"


def _centre(text: str) -> tuple[float, float] | None:
    if text == "image":
        return None
    numbers = [float(word) for word in NUMBER.findall(text)]
    if len(numbers) != 2:
        raise ValueError("expected two numbers, or image")
    return numbers[0], numbers[1]


def _unit(text: str) -> float | None:
    return None if text == "default" else _number(text)


def _up(text: str) -> str:
    if text not in ("-y", "y", "z"):
        raise ValueError("choose -y, y or z")
    return text


def _camera(text: str) -> DepthCamera | None:
    """``585``, ``585,585`` or ``585,585,320,240``, in whatever brackets; none: no depth images."""
    numbers = [float(word) for word in NUMBER.findall(text)]
    if text == "none":
        return None
    if len(numbers) not in (1, 2, 4) or min(numbers[:2]) <= 0:
        raise ValueError("expected FX,FY or FX,FY,CX,CY in pixels")
    centre = (numbers[2], numbers[3]) if len(numbers) == 4 else None
    return DepthCamera((numbers[0], numbers[len(numbers) > 1]), centre)


def _pinhole(text: str) -> tuple[float, ...] | None:
    """``585,585,320,240``, in whatever brackets."""
    if text == "as recorded":
        return None
    numbers = tuple(float(word) for word in NUMBER.findall(text))
    if len(numbers) != 4 or min(numbers[:2]) <= 0:
        raise ValueError("expected FX,FY,CX,CY in pixels")
    return numbers


FOCAL = {"focal": ("focal", _number)}
UNIT = {"unit": ("unit", _number)}
FRAMES = {"frames": ("frames", _count)}
OPTIONS: dict[str, dict[str, tuple[str, Callable[[str], Any]]]] = {
    "folder": {
        "up": ("up", _up),
        "unit": ("unit", _unit),
        "camera": ("camera", _camera),
        "pattern": ("pattern", str),
        "drop_nan": ("drop_nan", _switch),
        "colour": ("colour", _switch),
    },
    "kitti": {"world": ("world", _switch)},
    "msr": {**FOCAL, "centre": ("centre", _centre), **UNIT},
    "ntu": {**FOCAL, **UNIT},
    "nvgesture": {**FRAMES, **UNIT},
    "shrec": {**FRAMES, **UNIT},
    "synthia": {"kept": ("points", _count), "seed": ("seed", _count)},
    "utd": {**FOCAL, "centre": ("centre", _centre), **UNIT},
}
ROOMS: dict[str, dict[str, tuple[str, Callable[[str], Any]]]] = {
    "folder": {
        **{key: OPTIONS["folder"][key] for key in ("up", "unit", "camera", "drop_nan", "colour")},
        "normals": ("normals", _switch),
    },
    "rgbd": {
        "layout": ("layout", str),
        "every": ("every", _every),
        "views_per_scene": ("views_per_scene", _count),
        "voxel": ("voxel", _number),
        "far": ("far", _number),
        "held_out": ("held_out", _count),
        "up": ("up", _up),
        **UNIT,
        "camera": ("camera", _pinhole),
        "poses": ("poses", str),
    },
    "s3dis": {},
    "scannet": {},
}
ROOTED = ("folder", "rgbd", "scannet")
# Recordings of any class, and sequences that are in no split, are as good as others.
ALWAYS: dict[str, dict[str, Any]] = {
    "kitti": {"test": (-1,), "labelled": False},
    "ntu": {"classes": 120},
    "synthia": {"test": ("none",)},
}
ALWAYS_ROOMS: dict[str, dict[str, Any]] = {
    "rgbd": {"labelled": False},
    "scannet": {"labelled": False},
}
