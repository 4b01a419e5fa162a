"""One point cloud of any file format, and the names that its fields go by."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pcv.errors import RawFileError

MOST = 1 << 53  # above it, floats are not all whole numbers
LABEL_NAMES = ("label", "labels", "class", "classification", "semantic", "scalar_label")
COLOUR_NAMES = (("red", "green", "blue"), ("r", "g", "b"))
NORMAL_NAMES = (("nx", "ny", "nz"), ("normal_x", "normal_y", "normal_z"))


class Cloud(NamedTuple):
    """The points of one file, and what the file says of each."""

    points: NDArray[np.float64]  # (n, 3) in the file's unit
    labels: NDArray[np.int64] | None = None  # (n,)
    colour: NDArray[np.uint8] | None = None  # (n, 3)
    normals: NDArray[np.float64] | None = None  # (n, 3) of any length


def from_fields(path: Path, fields: Mapping[str, NDArray[Any]]) -> Cloud:
    """Make a cloud of named fields (n,); upper and lower case are the same.

    Raises:
        RawFileError: x, y or z is missing, a colour is not within 0 to 255, or a label is not a
            whole number.
    """
    fields = {name.lower(): values for name, values in fields.items()}
    if not {"x", "y", "z"} <= set(fields):
        names = ascii(", ".join(fields))[1:-1] or "nothing"
        raise RawFileError(path, f"has fields {names[:120]}, expected x, y and z", "is it a cloud?")
    points = np.stack([fields[axis].astype(np.float64) for axis in "xyz"], axis=1)
    labels = next((fields[name] for name in LABEL_NAMES if name in fields), None)
    colour, normals = _triple(fields, COLOUR_NAMES), _triple(fields, NORMAL_NAMES)
    return Cloud(
        points,
        whole_labels(path, labels),
        byte_colour(path, colour),
        None if normals is None else normals.astype(np.float64),
    )


def _triple(
    fields: Mapping[str, NDArray[Any]], names: tuple[tuple[str, ...], ...]
) -> NDArray[Any] | None:  # (n, 3)
    """Join the fields of the first triple of names that are all there."""
    for three in names:
        if set(three) <= set(fields):
            return np.stack([fields[name] for name in three], axis=1)
    return None


def from_columns(
    path: Path,
    values: NDArray[Any],  # (n, 3), (n, 4), (n, 6) or (n, 7)
) -> Cloud:
    """Make a cloud of a table: x y z, x y z label, x y z r g b, or x y z r g b label.

    Raises:
        RawFileError: The table has another number of columns, or values that do not fit them.
    """
    if values.ndim != 2 or values.shape[1] not in (3, 4, 6, 7):
        raise RawFileError(
            path,
            f"a table of shape {values.shape}",
            "expected columns x y z, then r g b, then a label",
        )
    names = {3: "xyz", 4: "xyzl", 6: "xyzrgb", 7: "xyzrgbl"}[values.shape[1]]
    fields = {"label" if n == "l" else n: values[:, i] for i, n in enumerate(names)}
    return from_fields(path, fields)


def whole_labels(
    path: Path,
    values: NDArray[Any] | None,  # (n,)
) -> NDArray[np.int64] | None:  # (n,)
    """Return labels as integers; None where there are none.

    Raises:
        RawFileError: They are not whole numbers.
    """
    if values is None:
        return None
    if values.dtype.kind == "f" and not (values == np.floor(values.clip(-MOST, MOST))).all():
        raise RawFileError(path, "labels that are not whole numbers", "write class ids")
    return values.astype(np.int64)


def byte_colour(
    path: Path,
    values: NDArray[Any] | None,  # (n, 3)
    *,
    fractions: bool = True,
) -> NDArray[np.uint8] | None:  # (n, 3)
    """Return colours as bytes; None where there are none.

    With ``fractions``, floats of which none exceeds 1 are shares of 255.

    Raises:
        RawFileError: They reach beyond 0 to 255.
    """
    if values is None:
        return None
    if fractions and values.dtype.kind == "f" and values.max(initial=0) <= 1:
        values = values * 255
    if not (values.min(initial=0) >= 0 and values.max(initial=0) <= 255):
        raise RawFileError(path, "colours beyond 0 to 255", "write bytes, or fractions up to 1")
    return np.round(values).astype(np.uint8)
