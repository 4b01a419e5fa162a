"""One frame of anyone's recording: the suffix of its file decides how it is read."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pcv.data.files.arrays import pick, read_arrays
from pcv.data.files.checked import read_bytes
from pcv.data.files.cloud import Cloud, byte_colour, from_columns, from_fields, whole_labels
from pcv.data.files.depth_png import without_saturated
from pcv.data.files.pcd import read_pcd
from pcv.data.files.ply import read_ply
from pcv.data.files.png import read_png
from pcv.errors import InputError, RawFileError, one_line

POINT_KEYS = ("points", "pc", "xyz")
LABEL_KEYS = ("labels", "label", "semantic")
COLOUR_KEYS = ("colour", "color", "rgb", "colors")
NORMAL_KEYS = ("normals", "normal")


class DepthCamera(NamedTuple):
    """What turns a depth image into points."""

    focal: tuple[float, float]  # pixels
    centre: tuple[float, float] | None = None  # pixels; None: the middle of the image


def read_cloud(path: Path, camera: DepthCamera | None = None) -> Cloud:
    """Read a file by its suffix, in its own unit.

    Raises:
        RawFileError: The file is damaged, of another kind, or a depth image without a camera.
    """
    if path.suffix.lower() == ".png":
        return _read_depth(path, camera)
    return CLOUDS[path.suffix.lower()](path)


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


def _read_text(path: Path) -> Cloud:
    lines = read_bytes(path).decode("utf-8", "replace").replace(",", " ").splitlines()
    rows = [words for line in lines if (words := line.split("#")[0].split())]
    try:
        table = np.array(rows, np.float64)
    except ValueError:
        raise RawFileError(
            path, "a line is not a row of numbers, or lines differ in length", "write it again"
        ) from None
    return from_columns(path, table if rows else np.empty((0, 3)))


def _read_numpy(path: Path) -> Cloud:
    arrays = read_arrays(path)
    if path.suffix.lower() == ".npy":
        return from_columns(path, pick(path, arrays, "points", (None, None)))

    def key(names: tuple[str, ...]) -> str | None:
        return next((name for name in names if name in arrays), None)

    points = pick(path, arrays, key(POINT_KEYS) or POINT_KEYS[0], (None, 3)).astype(np.float64)
    label = key(LABEL_KEYS)
    labels = None if label is None else pick(path, arrays, label, (len(points),))
    colours, normals = (
        None if name is None else pick(path, arrays, name, (len(points), 3))
        for name in (key(COLOUR_KEYS), key(NORMAL_KEYS))
    )
    return Cloud(
        points,
        whole_labels(path, labels),
        byte_colour(path, colours),
        None if normals is None else normals.astype(np.float64),
    )


def _read_las(path: Path) -> Cloud:
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
            channels = {name: np.asarray(las[name]) for name in ("red", "green", "blue")}
            deep = max(values.max(initial=0) for values in channels.values()) > 255
            found |= {name: values >> (8 * deep) for name, values in channels.items()}
    except Exception as error:  # laspy raises many kinds on a damaged file
        reason = one_line(error, 120) or type(error).__name__
        raise RawFileError(path, f"cannot be read as LAS: {reason}", "copy it again") from None
    if las.header.point_count != len(found["x"]):
        raise RawFileError(
            path,
            f"holds {len(found['x'])} points, its header says {las.header.point_count}",
            "copy it again",
        )
    return from_fields(path, found)


CLOUDS: dict[str, Callable[[Path], Cloud]] = {
    ".ply": read_ply,
    ".pcd": read_pcd,
    ".xyz": _read_text,
    ".npy": _read_numpy,
    ".npz": _read_numpy,
    ".las": _read_las,
    ".laz": _read_las,
}
SUFFIXES = (*CLOUDS, ".png")
