"""The four views of a raw SYNTHIA frame, as labelled, coloured points of the world."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pcv.data.files.checked import read_bytes
from pcv.data.files.png import read_png
from pcv.data.raw.frames import Frame
from pcv.errors import RawFileError

CAMERA = "Stereo_Left"
VIEWS = ("Omni_B", "Omni_F", "Omni_L", "Omni_R")
REACH = 25.0  # metres from the camera along each axis: points beyond are left out
THINNING = 16  # one point of so many is kept
RAW_IDS = (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 15)  # of the classes, in order
LEFT_OUT = (1, 13, 14)  # sky and two reserved ids: no points are made of them


class Intrinsics(NamedTuple):
    """What ``CameraParams/intrinsics.txt`` holds, in pixels."""

    focal: float
    centre: tuple[float, float]


def read_intrinsics(path: Path) -> Intrinsics:
    """Read the focal length (line 1) and the principal point (lines 3 and 5).

    Raises:
        RawFileError: The file cannot be read, is too short or has no positive numbers.
    """
    lines = read_bytes(path).decode("ascii", "replace").splitlines()
    try:
        focal, x, y = (float(lines[index]) for index in (0, 2, 4))
        if not (np.isfinite([focal, x, y]).all() and focal > 0):
            raise ValueError
    except (ValueError, IndexError):
        raise RawFileError(
            path, "has no focal length and principal point in lines 1, 3 and 5", "copy it again"
        ) from None
    return Intrinsics(focal, (x, y))


def read_pose(path: Path) -> NDArray[np.float64]:  # (4, 4)
    """Read a pose of 16 numbers, column by column, and turn it into camera-to-world.

    The files hold the translation with its sign changed.

    Raises:
        RawFileError: The file cannot be read, or does not hold 16 finite numbers.
    """
    words = read_bytes(path).decode("ascii", "replace").split()
    try:
        matrix = np.array(words, np.float64).reshape(4, 4).T.copy()
        if not np.isfinite(matrix).all():
            raise ValueError
    except ValueError:
        raise RawFileError(path, "does not hold 16 numbers", "copy it again") from None
    matrix[:3, 3] *= -1
    return matrix


def read_views(folder: Path, camera: Intrinsics, file: str) -> tuple[Frame, NDArray[np.float64]]:
    """Put the four views of a frame into the world, and keep the points near the camera.

    Args:
        folder: The folder of the sequence.
        camera: The intrinsics of all views.
        file: The name of the frame's images.

    Returns:
        The points (n, 3) with their columns, and the position (3,) of the camera.

    Raises:
        RawFileError: A file is damaged, of another size, or has an unknown class id.
    """
    views, centre = [], np.zeros(3)
    for view in VIEWS:
        depth_file, rgb_file, label_file, pose_file = files_of(folder, view, file)
        pose = read_pose(pose_file)
        centre = pose[:3, 3]
        depth = _channels(depth_file)[:, :, -1]  # the blue of 16-bit colour
        rgb, raw = _channels(rgb_file), _channels(label_file)[:, :, 0]
        for other, image in ((rgb_file, rgb), (label_file, raw)):
            if image.shape[:2] != depth.shape:
                raise RawFileError(
                    other,
                    f"has the size {image.shape[:2]}, and its depth has {depth.shape}",
                    "copy it again",
                )
        if rgb.shape[2] < 3 or rgb.dtype != np.uint8:
            raise RawFileError(rgb_file, "is no 8-bit colour image", "expected RGB of 8 bits")
        points = _to_world(depth, camera, pose)
        near = (np.abs(points - centre).max(axis=1) < REACH) & ~np.isin(raw, LEFT_OUT).ravel()
        labels = to_classes(raw.ravel()[near].astype(np.int64), label_file)
        colour = rgb[:, :, :3].reshape(-1, 3)[near]
        views.append((points[near], labels, colour))
    points = np.concatenate([view[0] for view in views])
    labels = np.concatenate([view[1] for view in views])
    colour = np.concatenate([view[2] for view in views])
    return Frame(points.astype(np.float32), {"labels": labels, "colour": colour}), centre


def thin(
    points: NDArray[np.float32],  # (n, 3)
    centre: NDArray[np.float64],  # (3,)
    rng: np.random.Generator,
) -> NDArray[np.int64]:  # (n // THINNING,)
    """Draw a sixteenth of the points without replacement, each with a chance like its distance.

    The points with the smallest of exponential times with those rates are such a draw.
    """
    distance = np.linalg.norm(points - centre, axis=1)
    with np.errstate(divide="ignore"):
        times = rng.standard_exponential(len(points)) / distance
    count = len(points) // THINNING
    return np.argsort(times, kind="stable")[:count]


def to_classes(raw: NDArray[np.integer], path: Path) -> NDArray[np.int16]:  # (n,) both
    """Turn SYNTHIA's ids into classes; void, sky and reserved ids become -1.

    Raises:
        RawFileError: An id is unknown; the error names ``path``.
    """
    table = np.full(16, -1, np.int16)
    table[list(RAW_IDS)] = np.arange(len(RAW_IDS))
    if len(raw) and not 0 <= raw.min() <= raw.max() < len(table):
        wrong = raw.max() if raw.max() >= len(table) else raw.min()
        raise RawFileError(path, f"has the unknown class id {wrong}", "expected ids 0 to 15")
    return table[raw]


def _to_world(
    depth: NDArray[np.generic],  # (H, W) centimetres
    camera: Intrinsics,
    pose: NDArray[np.float64],  # (4, 4)
) -> NDArray[np.float64]:  # (H * W, 3) metres
    z = depth.astype(np.float64) / 100
    row, column = np.indices(depth.shape)
    x = -(column - camera.centre[0]) / camera.focal * z
    y = (row - camera.centre[1]) / camera.focal * z
    turned: NDArray[np.float64] = np.stack([x, y, z], -1).reshape(-1, 3) @ pose[:3, :3].T
    return turned + pose[:3, 3]


def _channels(path: Path) -> NDArray[np.generic]:  # (H, W, channels)
    image = read_png(path)
    return image.reshape(*image.shape[:2], -1)


def files_of(folder: Path, view: str, file: str) -> tuple[Path, Path, Path, Path]:
    """Return the files of a view: depth, colours, labels and pose."""
    inside = Path(CAMERA) / view
    return (
        folder / "Depth" / inside / file,
        folder / "RGB" / inside / file,
        folder / "GT" / "LABELS" / inside / file,
        folder / "CameraParams" / inside / f"{file.removesuffix('.png')}.txt",
    )
