"""One frame of anyone's recording: the suffix of its file decides how it is read."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pcv.data.files.arrays import pick, read_arrays
from pcv.data.files.checked import read_bytes
from pcv.data.files.cloud import (
    EVERYTHING,
    Asked,
    Cloud,
    cloud_of,
    from_columns,
    from_fields,
    full_colour,
)
from pcv.data.files.depth_png import without_saturated
from pcv.data.files.lidar_scan import read_scan
from pcv.data.files.pcd import read_pcd
from pcv.data.files.ply import read_ply
from pcv.data.files.png import read_png
from pcv.data.files.text_rows import read_rows
from pcv.errors import InputError, RawFileError, one_line

POINT_KEYS = ("points", "pc", "xyz")
LABEL_KEYS = ("labels", "label", "semantic")
COLOUR_KEYS = ("colour", "color", "rgb", "colors")
NORMAL_KEYS = ("normals", "normal")


class DepthCamera(NamedTuple):
    """What turns a depth image into points."""

    focal: tuple[float, float]  # pixels
    centre: tuple[float, float] | None = None  # pixels; None: the middle of the image


def read_cloud(path: Path, camera: DepthCamera | None = None, asked: Asked = EVERYTHING) -> Cloud:
    """Read a file by its suffix, in its own unit.

    Args:
        path: The file.
        camera: Takes depth images to points.
        asked: What is read besides positions.

    Raises:
        RawFileError: The file is damaged, of another kind, or a depth image without a camera.
    """
    if path.suffix.lower() == ".png":
        return _read_depth(path, camera)
    return CLOUDS[path.suffix.lower()](path, asked)


def full_colour_of(paths: Iterable[Path]) -> float:
    """Return what full colour is written as in the files of a video; see ``full_colour``.

    Raises:
        RawFileError: A file is damaged.
    """
    asked = Asked(labels=False, normals=False, as_bytes=False)
    clouds = (path for path in paths if path.suffix.lower() in CLOUDS)
    return full_colour(read_cloud(path, None, asked).colour for path in clouds)


def _read_depth(path: Path, camera: DepthCamera | None) -> Cloud:
    from pcv.kernels.back_project import back_project  # brings Numba, which takes long to import

    if camera is None:
        raise RawFileError(path, "a depth image without a camera", "give --focal")
    image = read_png(path)
    if image.ndim != 2 or image.dtype != np.uint16:
        raise RawFileError(
            path,
            f"holds {image.dtype} of shape {image.shape}, expected 16-bit grey depth",
            "choose the depth images with --pattern",
        )
    centre = camera.centre or (image.shape[1] / 2, image.shape[0] / 2)
    image = without_saturated(image.astype(np.uint16))
    points = back_project(image, focal=camera.focal, centre=centre, unit=1.0)
    return Cloud(points.astype(np.float64))


def _read_text(path: Path, asked: Asked) -> Cloud:
    rows = read_rows(path)
    try:
        table = np.array(rows, np.float64)
    except ValueError:
        raise RawFileError(
            path, "a line is not a row of numbers, or lines differ in length", "write it again"
        ) from None
    # A type that is not stated is told by how numbers are written: 1 is a byte, 1.0 a share.
    whole = asked.colour and all(word.isdigit() for row in rows for word in row[3:6])
    return from_columns(path, table if rows else np.empty((0, 3)), asked, whole_colour=whole)


def _read_numpy(path: Path, asked: Asked) -> Cloud:
    wanted = {
        *POINT_KEYS,
        *(LABEL_KEYS if asked.labels else ()),
        *(COLOUR_KEYS if asked.colour else ()),
        *(NORMAL_KEYS if asked.normals else ()),
    }
    arrays = read_arrays(path, wanted)
    if path.suffix.lower() == ".npy":
        table: NDArray[Any] = arrays["points"]
        if table.dtype.names:
            return from_fields(path, {n: table[n].ravel() for n in table.dtype.names}, asked)
        return from_columns(path, pick(path, arrays, "points", (None, None)), asked)

    def key(names: tuple[str, ...]) -> str | None:
        return next((name for name in names if name in arrays and name in wanted), None)

    points = pick(path, arrays, key(POINT_KEYS) or POINT_KEYS[0], (None, 3)).astype(np.float64)
    label = key(LABEL_KEYS)
    labels = None if label is None else pick(path, arrays, label, (len(points),))
    colours, normals = (
        None if name is None else pick(path, arrays, name, (len(points), 3))
        for name in (key(COLOUR_KEYS), key(NORMAL_KEYS))
    )
    return cloud_of(path, points, labels, colours, normals, asked)


def _read_lidar(path: Path, asked: Asked) -> Cloud:
    points = read_scan(path)[:, :3].astype(np.float64)
    return Cloud(points[(points != 0).any(axis=1)])  # beams that did not return make no points


def _read_las(path: Path, asked: Asked) -> Cloud:
    try:
        import laspy
    except ImportError:
        raise InputError(f"{path}: LAS and LAZ need laspy: pip install 'pcv[las]'") from None
    data = read_bytes(path)
    try:
        las = laspy.read(io.BytesIO(data))
        names = set(las.point_format.dimension_names)
        found = {axis: np.asarray(getattr(las, axis)) for axis in "xyz"}
        if "classification" in names:
            found["label"] = np.asarray(las.classification)
        if {"red", "green", "blue"} <= names:
            found |= {name: np.asarray(las[name]) for name in ("red", "green", "blue")}
    except Exception as error:  # laspy raises many kinds on a damaged file
        reason = one_line(error, 120) or type(error).__name__
        raise RawFileError(path, f"cannot be read as LAS: {reason}", "copy it again") from None
    if las.header.point_count != len(found["x"]):
        raise RawFileError(
            path,
            f"holds {len(found['x'])} points, its header says {las.header.point_count}",
            "copy it again",
        )
    return from_fields(path, found, asked)


CLOUDS: dict[str, Callable[[Path, Asked], Cloud]] = {
    ".ply": read_ply,
    ".pcd": read_pcd,
    ".xyz": _read_text,
    ".npy": _read_numpy,
    ".npz": _read_numpy,
    ".las": _read_las,
    ".laz": _read_las,
    ".bin": _read_lidar,
}
SUFFIXES = (*CLOUDS, ".png")
