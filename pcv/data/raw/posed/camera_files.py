"""Files beside the frames of a recording that tell its cameras, in any of the common forms.

``camera-intrinsics.txt`` (3DMatch, 7-Scenes), ``info.txt`` and ``_info.txt`` (12-Scenes,
BundleFusion), ``K.txt``, ``camera.yaml`` (ROS, OpenCV, Kalibr, ORB-SLAM), ``scene0000_00.txt``
(ScanNet), ``cam_params.json`` (Replica), ``transforms.json`` and the like. One that is there and is
not understood is refused: a camera is never assumed where a file may tell another.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from pcv.data.files.arrays import read_arrays
from pcv.data.files.checked import read_bytes
from pcv.data.raw.posed.camera_text import (
    SAME,
    SENSORS,
    Told,
    is_whole,
    merge,
    read_camera_text,
    tell,
    words_of,
)
from pcv.data.raw.posed.layout import ADVICE, Cameras, pinhole, read_matrix
from pcv.errors import RawFileError

FIRST = "camera-intrinsics.txt"  # where it is there, no other file of its folder is read
SCAN = re.compile(r"scene\d{4}_\d\d\.txt")
SUFFIXES = {
    "", ".txt", ".yaml", ".yml", ".json", ".ini", ".cfg", ".conf", ".csv", ".xml", ".npy", ".npz",
    ".mat", ".cam",
}  # fmt: skip
# A name is a camera file's if all its words are known and one is of the first kind.
NAMING = {
    "camera", "cameras", "cam", "cams", "intrinsic", "intrinsics", "k", "info", "calib",
    "calibration", "tum", "freiburg", "transforms", "pinhole", "kinect", "realsense",
}  # fmt: skip
BESIDES = {*SENSORS, "params", "param", "parameters", "matrix", "sensor", "x", ""}
MOST_BYTES = 16 << 20


def find_cameras(path: Path, *, registered: bool = False) -> Cameras | None:
    """Read the cameras told in a recording's folder, or else one folder above.

    Args:
        path: The folder of the frames.
        registered: Whether depth is registered to colour, so that the colour camera is meant.

    Returns:
        The cameras; None where no file tells any.

    Raises:
        RawFileError: A file tells none that is understood, or two files differ.
    """
    return cameras_in((path, path.parent), registered=registered)


def cameras_above(path: Path, root: Path) -> Cameras | None:
    """Read the cameras told in the folders between a recording and the root, nearest first.

    Raises:
        RawFileError: As ``find_cameras``.
    """
    folders = [folder for folder in path.parents if folder == root or root in folder.parents]
    return cameras_in(folders)


def cameras_in(folders: Iterable[Path], *, registered: bool = False) -> Cameras | None:
    """Read the cameras told in the first folder that has a file of cameras; see above."""
    for folder in folders:
        files = camera_files(folder)
        if files and files[0].name == FIRST:
            return _read_first(files[0], registered)
        if files:
            return _read(files, registered)
    return None


def check_unit(cameras: Cameras, unit: float) -> None:
    """Refuse cameras whose file tells another unit of depth than the layout's, in metres.

    Raises:
        RawFileError: It does.
    """
    if cameras.unit and not math.isclose(cameras.unit, unit, rel_tol=SAME):
        found, wanted = 1 / cameras.unit, 1 / unit
        raise RawFileError(
            cameras.path or Path(),
            f"tells {found:g} units of depth a metre, where the layout has {wanted:g}",
            f"give --unit {cameras.unit:.8g}, or --unit {unit:.8g}",
        )


def camera_files(folder: Path) -> list[Path]:
    """Return the files of a folder, and of a folder of cameras in it, whose names say so."""
    found = sorted(_named(folder))
    first = [file for file in found if file.name == FIRST and file.parent == folder]
    return first or found


def _named(folder: Path) -> Iterator[Path]:
    try:
        with os.scandir(folder) as items:
            inside = [(item.name, item.is_dir()) for item in items]
    except OSError:
        return  # a .sens file has no folder of its own
    for name, is_folder in inside:
        if is_folder and _says_camera(name):
            yield from (file for file in (folder / name).iterdir() if _is_camera_file(file.name))
        elif not is_folder and _is_camera_file(name):
            yield folder / name


def _is_camera_file(name: str) -> bool:
    stem, suffix = os.path.splitext(name)
    known = suffix.lower() in SUFFIXES and _says_camera(stem)
    return known or bool(SCAN.fullmatch(name))


def _says_camera(name: str) -> bool:
    if name.startswith("."):
        return False
    words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", re.sub(r"(?<=\d)x(?=\d)", " ", name))
    small = [known for word in words for known in _split(word.lower())]
    return any(word in NAMING for word in small) and {*small} <= NAMING | BESIDES


def _split(word: str) -> list[str]:
    """Cut ``caminfo`` into ``cam`` and ``info``; a word that cannot be cut so stays whole."""
    if word in NAMING | BESIDES:
        return [word]
    for at in range(1, len(word)):
        if word[:at] in NAMING | BESIDES and word[at:] in NAMING | BESIDES:
            return [word[:at], word[at:]]
    return [word]


def _read_first(file: Path, registered: bool) -> Cameras:
    """Read a file of three lines of three numbers, or of any other form."""
    try:
        return Cameras(read_matrix(file, 3), None, file)
    except RawFileError as error:
        try:
            return _read([file], registered)
        except RawFileError:
            raise _refused(file, error.problem) from None


def _read(files: list[Path], registered: bool) -> Cameras:
    """Put together what the files of one folder tell."""
    found: Told = {}
    problem: RawFileError | None = None
    source: Path | None = None
    for file in files:
        try:
            told = _told(file)
        except ValueError as error:
            problem = problem or _refused(file, str(error))
            continue
        try:
            merge(found, told)
        except ValueError as error:
            raise _refused(file, f"{error} in {source and source.name}") from None
        source = source or file
    if source is None:
        assert problem
        raise problem
    return _cameras(source, found, registered)


def _refused(file: Path, problem: str) -> RawFileError:
    return RawFileError(file, problem, ADVICE)


def _told(file: Path) -> Told:
    """Return what a file tells.

    Raises:
        ValueError: Nothing that is understood.
    """
    sensor = next((SENSORS[word] for word in words_of(file.stem) if word in SENSORS), "")
    try:
        if file.suffix in (".npy", ".npz"):
            arrays = read_arrays(file)
            names = ["k"] if file.suffix == ".npy" else list(arrays)
            pairs = zip(names, arrays.values(), strict=True)
            numbers = [(n, np.asarray(v, np.float64).ravel().tolist()) for n, v in pairs]
            return tell(numbers, sensor)
        data = read_bytes(file)
    except RawFileError as error:
        raise ValueError(error.problem) from None
    except TypeError:
        raise ValueError("holds no numbers") from None
    if len(data) > MOST_BYTES:
        raise ValueError("is too long to tell a camera")
    coding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    return read_camera_text(data.decode(coding, "replace"), sensor)


def _cameras(path: Path, told: Told, registered: bool) -> Cameras:
    """Choose the cameras of depth and colour of what a folder tells."""
    plain, colour = told.get("", {}), told.get("colour", {})
    depth = plain | told.get("depth", {})
    if not is_whole(depth) and registered:
        depth = plain | colour
    if not is_whole(depth):
        what = "only the colour camera" if is_whole(colour) else "no camera that is understood"
        raise _refused(path, f"tells {what}")
    scale = depth.get("scale", colour.get("scale"))
    return Cameras(
        _matrix(depth),
        _matrix(colour) if is_whole(colour) and not registered else None,
        path,
        _size(depth),
        _size(colour),
        None if scale is None else _unit(scale),
    )


def _matrix(fields: dict[str, float]) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return pinhole(fields["fx"], fields["fy"], fields["cx"], fields["cy"])


def _size(fields: dict[str, float]) -> tuple[int, int] | None:
    """Return rows and columns, where both are told."""
    rows, columns = fields.get("height", 0.0), fields.get("width", 0.0)
    return (int(rows), int(columns)) if 0 < rows < 1e6 and 0 < columns < 1e6 else None


def _unit(scale: float) -> float | None:
    """Return metres per unit of depth: files tell that, or how many units a metre has."""
    return 1 / scale if 1 < scale < 1e9 else scale if 1e-9 < scale < 0.1 else None
