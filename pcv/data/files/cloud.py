"""One point cloud of any file format, and the names that its fields go by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pcv.errors import RawFileError

MOST = 1 << 53  # above it, floats are not all whole numbers
LABEL_NAMES = ("label", "labels", "class", "classification", "semantic", "scalar_label")
DEEP = 65535  # full colour of 16 bits
COLOUR_NAMES = (("red", "green", "blue"), ("r", "g", "b"))
NORMAL_NAMES = (("nx", "ny", "nz"), ("normal_x", "normal_y", "normal_z"))


class Asked(NamedTuple):
    """What is read of every point besides its position; the rest of a file refuses nothing."""

    labels: bool = True
    colour: bool = True
    normals: bool = True
    brightest: float | None = None  # what full colour is written as; None: the file alone tells
    as_bytes: bool = True  # whether colours become bytes; else they stay as they are written


EVERYTHING = Asked()


class Cloud(NamedTuple):
    """The points of one file, and what the file says of each."""

    points: NDArray[np.float64]  # (n, 3) in the file's unit
    labels: NDArray[np.int64] | None = None  # (n,)
    colour: NDArray[Any] | None = None  # (n, 3) bytes, unless they are asked for as written
    normals: NDArray[np.float64] | None = None  # (n, 3) of any length


def from_fields(path: Path, fields: Mapping[str, NDArray[Any]], asked: Asked = EVERYTHING) -> Cloud:
    """Make a cloud of named fields (n,); upper and lower case are the same.

    Raises:
        RawFileError: x, y or z is missing, or what is asked for is wrong: a colour is beyond what
            its type holds, or a label is not a whole number.
    """
    fields = {name.lower(): values for name, values in fields.items()}
    if not {"x", "y", "z"} <= set(fields):
        names = ascii(", ".join(fields))[1:-1] or "nothing"
        raise RawFileError(path, f"has fields {names[:120]}, expected x, y and z", "is it a cloud?")
    points = np.stack([fields[axis].astype(np.float64) for axis in "xyz"], axis=1)
    labels = next((fields[name] for name in LABEL_NAMES if name in fields), None)
    return cloud_of(
        path, points, labels, _triple(fields, COLOUR_NAMES), _triple(fields, NORMAL_NAMES), asked
    )


def cloud_of(
    path: Path,
    points: NDArray[np.float64],  # (n, 3)
    labels: NDArray[Any] | None,  # (n,) as written
    colour: NDArray[Any] | None,  # (n, 3) as written
    normals: NDArray[Any] | None,  # (n, 3)
    asked: Asked,
) -> Cloud:
    """Make a cloud of what is asked for, and leave the rest unchecked.

    Raises:
        RawFileError: As for ``from_fields``.
    """
    if asked.colour and asked.as_bytes:
        colour = byte_colour(path, colour, brightest=asked.brightest)
    return Cloud(
        points,
        whole_labels(path, labels) if asked.labels else None,
        colour if asked.colour else None,
        normals.astype(np.float64) if asked.normals and normals is not None else None,
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
    asked: Asked = EVERYTHING,
    *,
    whole_colour: bool = False,
) -> Cloud:
    """Make a cloud of a table: x y z, x y z label, x y z r g b, or x y z r g b label.

    With ``whole_colour`` colours were written as whole numbers, whatever the type of the table is.

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
    if whole_colour:
        fields |= {name: fields[name].astype(np.int64) for name in "rgb" if name in fields}
    return from_fields(path, fields, asked)


def as_declared(
    column: NDArray[np.float64],  # (n,) numbers of a text
    dtype: np.dtype[Any],
) -> NDArray[Any]:  # (n,)
    """Return numbers of a text as the whole numbers that the file says they are, if they are."""
    if dtype.kind not in "iu":
        return column
    bounds = np.iinfo(dtype)
    fits = (column == np.floor(column)) & (column >= bounds.min) & (column <= bounds.max)
    return column.astype(dtype) if fits.all() else column


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
    brightest: float | None = None,
) -> NDArray[np.uint8] | None:  # (n, 3)
    """Return colours as bytes; None where there are none.

    Args:
        path: The file that errors name.
        values: The colours. Those of 8 bits are bytes, whatever else is said.
        fractions: Whether floats may be shares of 1, and 16 bits shares of 65535.
        brightest: What full colour is written as: 1, 255 or 65535; None: these values tell.

    Raises:
        RawFileError: They reach beyond 0 to 255.
    """
    if values is None:
        return None
    if not fractions or values.dtype.itemsize == 1:
        brightest = 255
    elif brightest is None:
        brightest = full_colour([values])
    if not (values.min(initial=0) >= 0 and values.max(initial=0) <= brightest):
        most = DEEP if brightest == DEEP else 255
        raise RawFileError(path, f"colours beyond 0 to {most}", "write bytes, or fractions up to 1")
    if brightest == DEEP:
        return (values.astype(np.int64) >> 8).astype(np.uint8)
    return np.round(values * (255 / brightest)).astype(np.uint8)


def full_colour(frames: Iterable[NDArray[Any] | None]) -> float:
    """Return what full colour is written as in a video: 1, 255 or 65535.

    The type tells, and where it leaves two (floats, 16 bits) all frames do. Frames are asked for
    only until it is known, so that a video of bytes costs one.

    Args:
        frames: The colours (n, 3) of each frame, as written; None where a file has none.
    """
    shares = False
    for values in frames:
        if values is None or not values.size:
            continue
        most = values.max()
        if values.dtype.itemsize == 1:
            return 255
        if values.dtype == np.uint16:
            if most > 255:
                return DEEP
        elif most > 1:
            return 255
        shares |= values.dtype.kind == "f"
    return 1 if shares else 255
