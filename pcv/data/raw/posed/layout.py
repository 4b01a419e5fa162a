"""What the layouts of posed RGB-D recordings have in common: frames, poses and cameras."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pcv.data.files.checked import MOST_PIXELS, read_bytes
from pcv.data.files.depth_png import without_saturated
from pcv.data.files.jpeg import decode_jpeg
from pcv.data.files.png import read_png
from pcv.errors import RawFileError

FARTHEST = 1e7  # metres from the origin of any world
RIGID = 1e-2  # largest difference of a pose's R R^T from the identity
COPY = "copy it again"
ADVICE = "give the right file, or --camera FX,FY,CX,CY"


class Entry(NamedTuple):
    """The files of a frame; None: the file is missing."""

    number: int
    colour: Path | None = None
    depth: Path | None = None
    pose: Path | None = None
    labels: Path | None = None
    instances: Path | None = None
    offset: int = 0  # first byte in a file of all frames, or row in a list of poses

    def having(self, part: str, file: Path) -> Entry:
        """Return the entry with one more file, in the field called ``part``."""
        values = self._asdict() | {part: file}
        return Entry(**values)

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that are there."""
        found = (self.colour, self.depth, self.pose, self.labels, self.instances)
        return tuple(path for path in found if path is not None)


class RawFrame(NamedTuple):
    """What the files say of a frame."""

    colour: NDArray[np.uint8]  # (H', W', 3)
    depth: NDArray[np.uint16]  # (H, W); 0: none
    pose: NDArray[np.float64]  # (4, 4), in any convention
    labels: NDArray[np.int64] | None = None  # (H, W) ids
    instances: NDArray[np.int64] | None = None  # (H, W) objects of the scene, 0: none


class Cameras(NamedTuple):
    """Intrinsics (3, 3) in pixels, centres at whole numbers as OpenCV counts them."""

    depth: NDArray[np.float64]
    colour: NDArray[np.float64] | None = None  # None: as depth, in proportion to the images
    path: Path | None = None  # the file they were read from
    size: tuple[int, int] | None = None  # rows and columns of the depth that they are told for
    colour_size: tuple[int, int] | None = None  # likewise of the colour
    unit: float | None = None  # metres per unit of depth, where the file tells it


class Layout(NamedTuple):
    """How one kind of recording lies on a disk.

    ``find`` returns the recordings below a folder, sorted. ``entries`` lists frames from names
    alone, ``cameras`` reads the intrinsics (None: the recording has none) and ``load`` one frame;
    these raise RawFileError.
    """

    example: str  # names of the files, for messages
    up: str  # the axis of the world that points up
    unit: float  # metres per unit of depth
    find: Callable[[Path], list[Path]]
    entries: Callable[[Path], list[Entry]]
    cameras: Callable[[Path], Cameras | None]
    load: Callable[[Path, Entry], RawFrame]


def load_files(path: Path, entry: Entry) -> RawFrame:
    """Read a frame whose colour, depth and pose are separate files.

    Raises:
        RawFileError: A file is missing, damaged or of another kind.
    """
    return RawFrame(
        read_colour_image(needed(path, entry.colour, "colour image")),
        read_depth_image(needed(path, entry.depth, "depth image")),
        read_matrix(needed(path, entry.pose, "pose"), 4),
        read_labels(entry.labels) if entry.labels else None,
        read_labels(entry.instances) if entry.instances else None,
    )


def needed(path: Path, file: Path | None, what: str) -> Path:
    """Return a file of a frame.

    Raises:
        RawFileError: The file is missing.
    """
    if file is None:
        raise RawFileError(path, f"its {what} is missing", COPY)
    return file


def read_colour_image(path: Path) -> NDArray[np.uint8]:  # (H, W, 3)
    """Read a JPEG, or a PNG of 8-bit colour.

    Raises:
        RawFileError: The file is damaged or something else.
    """
    if path.suffix.lower() != ".png":
        return decode_jpeg(read_bytes(path), path)
    image = read_png(path)
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] not in (3, 4):
        raise RawFileError(path, "not an image of 8-bit colour", "is it the depth?")
    return np.ascontiguousarray(image[:, :, :3], np.uint8)


def read_depth_image(path: Path) -> NDArray[np.uint16]:  # (H, W)
    """Read a PNG of 16-bit grey; 65535 becomes 0.

    Raises:
        RawFileError: The file is damaged or something else.
    """
    image = read_png(path)
    if image.dtype != np.uint16 or image.ndim != 2:
        raise RawFileError(path, "not an image of 16-bit grey", "is it the colour image?")
    return without_saturated(image.astype(np.uint16))


def read_labels(path: Path) -> NDArray[np.int64]:  # (H, W)
    """Read a PNG of ids of classes or objects in 8- or 16-bit grey.

    Raises:
        RawFileError: The file is damaged or something else.
    """
    image = read_png(path)
    if image.ndim != 2:
        raise RawFileError(path, "not a grey image of ids", "is it a picture of the labels?")
    return image.astype(np.int64)


def read_matrix(path: Path, size: int) -> NDArray[np.float64]:  # (size, size)
    """Read a text file of ``size`` lines of ``size`` numbers, which may be NaN or infinite.

    Raises:
        RawFileError: The file holds something else.
    """
    words = read_bytes(path)[:4096].decode("ascii", "replace").split()
    try:
        return np.array([float(word) for word in words]).reshape(size, size)
    except ValueError:
        raise RawFileError(path, f"not {size} lines of {size} numbers", COPY) from None


def pinhole(fx: float, fy: float, cx: float, cy: float) -> NDArray[np.float64]:  # (3, 3)
    """Return the intrinsics of a camera."""
    return np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]], np.float64)


def check_pose(
    path: Path,
    pose: NDArray[np.float64],  # (4, 4)
) -> None:
    """Refuse a matrix that cannot be the pose of a camera.

    Raises:
        RawFileError: The pose is not finite, or not rigid.
    """
    if not np.isfinite(pose).all():
        raise RawFileError(path, "a pose that is not finite", "tracking was lost there")
    if np.abs(pose).max() > FARTHEST:
        raise RawFileError(path, f"a pose {np.abs(pose).max():g} m away", "is it in metres?")
    turn = pose[:3, :3]
    if np.abs(turn @ turn.T - np.eye(3)).max() > RIGID or not np.array_equal(
        np.round(pose[3], 6), (0, 0, 0, 1)
    ):
        raise RawFileError(path, "a pose that is not rigid", "expected a rotation and metres")
    if np.linalg.det(turn) < 0:
        raise RawFileError(path, "a pose that mirrors", "expected a rotation and metres")


def check_camera(
    path: Path,
    camera: NDArray[np.float64],  # (3, 3)
    size: tuple[int, int],  # rows, columns
) -> None:
    """Refuse intrinsics that cannot be those of images of the given size.

    Raises:
        RawFileError: They are not finite, or a centre or focal length is far from any camera's.
    """
    rows, columns = size
    if not 0 < rows * columns <= MOST_PIXELS:
        raise RawFileError(path, f"images of {columns} x {rows} pixels", COPY)
    if not np.isfinite(camera).all():
        raise RawFileError(path, "intrinsics that are not finite", ADVICE)
    (fx, _, cx), (_, fy, cy), _ = camera
    centred = 0.3 < cx / columns < 0.7 and 0.3 < cy / rows < 0.7
    if not (centred and 0.3 < fx / columns < 5 and 0.3 < fy / rows < 5):
        raise RawFileError(
            path,
            f"the intrinsics of another camera: focal {fx:g}, {fy:g} and centre {cx:g}, {cy:g} for "
            f"images of {columns} x {rows}",
            ADVICE,
        )
