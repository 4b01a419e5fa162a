"""What a text tells of a camera: plain numbers, ``key = value`` lines, YAML or JSON."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import yaml

Pairs = list[tuple[str, list[float]]]  # names, as the text has them, and the numbers of each
Told = dict[str, dict[str, float]]  # by sensor (depth, colour or ""), then by field

SENSORS = {
    "depth": "depth", "ir": "depth", "color": "colour", "colour": "colour", "rgb": "colour",
}  # fmt: skip
# Words of a name that say nothing of which number it is.
NOISE = {
    "m", "calibration", "calib", "camera", "cam", "image", "img", "data", "sensor", "pinhole",
    "params", "parameters", "map", "png",
}  # fmt: skip
GROUPS = {"intrinsic", "intrinsics", "k", "matrix"}  # a name of numbers, or of a group of names
SINGLE = {
    "fx": "fx", "flx": "fx", "focalx": "fx", "focallengthx": "fx",
    "fy": "fy", "fly": "fy", "focaly": "fy", "focallengthy": "fy",
    "cx": "cx", "mx": "cx", "ppx": "cx", "u0": "cx", "principalx": "cx", "principalpointx": "cx",
    "cy": "cy", "my": "cy", "ppy": "cy", "v0": "cy", "principaly": "cy", "principalpointy": "cy",
    "width": "width", "w": "width", "cols": "width", "columns": "width",
    "height": "height", "h": "height", "rows": "height",
    "shift": "scale", "scale": "scale", "factor": "scale",
}  # fmt: skip
PAIRED = {
    **dict.fromkeys(("f", "focal", "focallength"), ("fx", "fy")),
    **dict.fromkeys(("pp", "c", "center", "centre", "principalpoint"), ("cx", "cy")),
    **dict.fromkeys(("resolution", "size"), ("width", "height")),
}
CAMERA = ("fx", "fy", "cx", "cy")
WORD = re.compile(r"[A-Z]?[a-z]+\d*|[A-Z]+(?![a-z])\d*|\d+")
KEYED = re.compile(r"\s*[\"']?([A-Za-z_][\w.\-/ ]*?)[\"']?\s*[:=]\s*(.*)")
SPACED = re.compile(r"\s*([A-Za-z_][\w.\-]*)\s+(.*)")
WITHIN = re.compile(r"([A-Za-z_]\w*)\s*[:=]\s*([-+]?[\d.]+(?:[eE][-+]?\d+)?)")
COLMAP = re.compile(r"\s*\d+\s+([A-Z_]{3,})\s+(\d+)\s+(\d+)\s+(.*)")
BENT = re.compile(r"fisheye|equidistant|kannala|omni|mei\b|unified|eucm|double.?sphere", re.I)
MOST_YAML = 1 << 18  # bytes: it is read slowly
MOST_PAIRS = 100_000
SAME = 5e-3  # relative difference of numbers that tell the same camera


def read_camera_text(text: str, sensor: str = "") -> Told:
    """Return what a text tells of the cameras, at least a focal length and a centre of one.

    Args:
        text: What the file holds.
        sensor: Which sensor is meant where no name says it: depth, colour or "" (not said).

    Raises:
        ValueError: It tells no camera, several of one sensor, or one that is no pinhole.
    """
    if BENT.search(text):
        raise ValueError("tells a camera that is no pinhole")
    problem = ValueError("tells no camera that is understood")
    for parse in (_parse_json, _parse_yaml, _parse_lines):
        pairs = parse(text)
        if not pairs:
            continue
        try:
            found = tell(pairs, sensor)
        except ValueError as error:
            problem = error
            continue
        if any(is_whole(fields) for fields in found.values()):
            return found
    raise problem


def tell(pairs: Iterable[tuple[str, list[float]]], sensor: str = "") -> Told:
    """Sort named numbers by sensor and field.

    Raises:
        ValueError: Numbers of one name differ, or cannot be those of a camera in pixels.
    """
    found: Told = {}
    for key, values in pairs:
        words = words_of(key)
        which = next((SENSORS[word] for word in words if word in SENSORS), sensor)
        merge(found, {which: _fields(words, values)})
    for fields in found.values():
        _check(fields)
    return found


def is_whole(fields: dict[str, float]) -> bool:
    """Say whether fields have a focal length and a centre."""
    return all(name in fields for name in CAMERA)


def merge(found: Told, more: Told) -> None:
    """Add fields to those found.

    Raises:
        ValueError: A field has another value already.
    """
    for which, fields in more.items():
        known = found.setdefault(which, {})
        for name, value in fields.items():
            before = known.setdefault(name, value)
            if not math.isclose(before, value, rel_tol=SAME) and not math.isnan(value):
                raise ValueError(f"tells several cameras: {name} is {before:g} and {value:g}")


def words_of(name: str) -> list[str]:
    """Cut a name such as ``m_calibrationDepthIntrinsic`` into small words."""
    return [word.lower() for word in WORD.findall(name)]


def _fields(words: list[str], values: list[float]) -> dict[str, float]:
    """Return which fields the numbers of one name are; none if the name means something else."""
    left = [w for w in words if w not in SENSORS and w.rstrip("0123456789") not in NOISE]
    group = [word for word in left if word in GROUPS]
    while len(left) > 1 and left[0] in GROUPS:
        left.pop(0)
    name = "".join(left)
    if (name in GROUPS or (not left and len(values) > 2)) and len(values) in (4, 9, 12, 16):
        return _of_matrix(values)
    if name in PAIRED and len(values) in (1, 2):
        first, second = PAIRED[name]
        return {first: values[0], second: values[-1]} if name != "size" or values[1:] else {}
    if name not in SINGLE or len(values) != 1:
        return {}
    field = SINGLE[name]
    if field in ("width", "height") and "matrix" in group:
        return {}  # how many rows the matrix has
    return {field: values[0]}


def _of_matrix(values: list[float]) -> dict[str, float]:
    """Return the fields of a matrix by rows or by columns, or of FX FY CX CY."""
    if len(values) == 4:
        return dict(zip(CAMERA, values, strict=True))
    matrix = np.array(values).reshape(-1, 4 if len(values) in (12, 16) else 3)[:3]
    if not np.isfinite(matrix).all():
        return dict.fromkeys(CAMERA, math.nan)
    if matrix[2, :3].tolist() != [0, 0, 1]:
        matrix = matrix[:3, :3].T
    if matrix[2, :3].tolist() != [0, 0, 1] or matrix[1, 0] != 0:
        raise ValueError("tells a matrix that is no camera's")
    places = ((0, 0), (1, 1), (0, 2), (1, 2))
    return {name: float(matrix[at]) for name, at in zip(CAMERA, places, strict=True)}


def _check(fields: dict[str, float]) -> None:
    numbers = [fields[name] for name in CAMERA if name in fields]
    if not np.isfinite(numbers).all():
        raise ValueError("intrinsics that are not finite")
    focal = [fields[name] for name in ("fx", "fy") if name in fields]
    if focal and min(focal) < 10:
        raise ValueError(f"tells a focal length of {min(focal):g}, expected pixels")


def _parse_json(text: str) -> Pairs:
    if text.lstrip()[:1] not in ("{", "["):
        return []
    try:
        return _flattened(json.loads(text))
    except (ValueError, RecursionError):
        return []


def _parse_yaml(text: str) -> Pairs:
    """Read YAML, also as OpenCV writes it, with a version line and a type before a matrix."""
    if len(text) > MOST_YAML:
        return []
    plain = re.sub(r"^%YAML.*$|!!opencv-matrix", "", text, flags=re.M).replace("\t", "  ")
    try:
        return _flattened(yaml.safe_load(plain))
    except (yaml.YAMLError, ValueError, RecursionError, TypeError):
        return []


def _flattened(tree: Any) -> Pairs:  # noqa: ANN401 - what a YAML or JSON file holds
    pairs: Pairs = []
    for name, values in _leaves("", tree):
        pairs.append((name, values))
        if len(pairs) > MOST_PAIRS:
            return []
    return pairs


def _leaves(name: str, tree: Any) -> Iterator[tuple[str, list[float]]]:  # noqa: ANN401
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from _leaves(f"{name}.{key}", value)
        return
    numbers = _numbers_in(tree)
    if numbers is not None:
        yield name, numbers
    elif isinstance(tree, list):
        for index, value in enumerate(tree):
            yield from _leaves(f"{name}.{index}", value)


def _numbers_in(tree: Any) -> list[float] | None:  # noqa: ANN401
    """Return a number, a text of numbers, or the numbers of a list or of a list of lists."""
    if isinstance(tree, bool):
        return None
    if isinstance(tree, int | float):
        return [float(tree)] if abs(tree) < 1e300 or not isinstance(tree, int) else None
    if isinstance(tree, str):
        return _numbers(tree)
    if not isinstance(tree, list) or not 0 < len(tree) <= 16:
        return None
    found: list[float] = []
    for value in tree:
        more = None if isinstance(value, str) else _numbers_in(value)
        if more is None:
            return None
        found += more
    return found


def _parse_lines(text: str) -> Pairs:
    """Read ``key = value``, ``key: value`` or ``key value`` lines; others go on with the last."""
    pairs: Pairs = []
    header: list[str] = []
    for line in text.splitlines()[:MOST_PAIRS]:
        line = re.split(r"#|//|^\s*%", line)[0]
        numbers = _numbers(line)
        names = re.split(r"[\s,;]+", line.strip())
        if numbers is not None and len(header) == len(numbers):
            pairs += [(name, [value]) for name, value in zip(header, numbers, strict=True)]
        elif numbers is not None:
            if not pairs:
                pairs.append(("", []))
            pairs[-1][1].extend(numbers)
        elif not all(name.lower() in SINGLE for name in names):
            pairs += _keyed(line)
        header = names if len(names) > 1 else []
    return pairs


def _keyed(line: str) -> Pairs:
    colmap = COLMAP.fullmatch(line)
    if colmap:
        return _of_colmap(*colmap.groups())
    for form in (KEYED, SPACED):
        match = form.fullmatch(line)
        if match and (numbers := _numbers(match[2])) is not None:
            return [(match[1], numbers)]
    within = WITHIN.findall(line)
    if within:
        return [(name, numbers) for name, word in within if (numbers := _numbers(word))]
    return [(line, [])] if line.strip() else []  # numbers of the next lines are not a camera's


def _of_colmap(model: str, width: str, height: str, rest: str) -> Pairs:
    """Read a line of COLMAP's ``cameras.txt``, whose pixel centres lie at +0.5."""
    values = _numbers(rest) or []
    if model == "SIMPLE_PINHOLE":
        values = values[:1] + values
    if model not in ("PINHOLE", "SIMPLE_PINHOLE") or len(values) != 4:
        return []
    fx, fy, cx, cy = values
    size = [("width", [float(width)]), ("height", [float(height)])]
    return [("k", [fx, fy, cx - 0.5, cy - 0.5]), *size]


def _numbers(text: str) -> list[float] | None:
    """Return the numbers of a text of at least one, with brackets or without; else None."""
    words = re.sub(r"\b(np\.)?array\b|[\[\](){},;]", " ", text).split()
    try:
        return [float(word) for word in words] or None
    except ValueError:
        return None
