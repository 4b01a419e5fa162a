"""One frame of a posed RGB-D recording as a view: checked, aligned, turned upright, resized."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from pcv.clip import View
from pcv.data.raw.axes import UPRIGHT
from pcv.data.raw.class_list import classes_of
from pcv.data.raw.posed.conventions import CONVENTIONS, inverted
from pcv.data.raw.posed.layout import (
    ADVICE,
    Cameras,
    Entry,
    Layout,
    RawFrame,
    check_camera,
    check_pose,
)
from pcv.data.resize import scale_intrinsics, shrink_colour, shrink_depth
from pcv.errors import RawFileError

SAME_SHAPE = 0.02  # relative difference, at most, of the proportions of two such images


class Posed(NamedTuple):
    """A usable frame at its full size."""

    view: View  # colour as large as depth
    pose: NDArray[np.float64]  # (4, 4) as the file gives it
    labels: NDArray[np.int16] | None  # (H, W) class, -1: none
    instances: NDArray[np.int64] | None = None  # (H, W) object of the scene, 0: none


@dataclass(frozen=True)
class FrameReader:
    """Reads frames of recordings of one layout.

    Args:
        layout: The layout of the recordings.
        size: Rows and columns of the images that are kept.
        up: The axis of the world that points up, one of UPRIGHT.
        unit: Metres per unit of depth.
        poses: The convention of the poses, one of CONVENTIONS.
        labels: Names of the ids in label images, in the order of the classes.
    """

    layout: Layout
    size: tuple[int, int]
    up: str
    unit: float
    poses: str
    labels: dict[int, str]

    def full(self, path: Path, entry: Entry, cameras: Cameras) -> Posed:
        """Read a frame of a recording at the size of its depth image.

        Raises:
            RawFileError: A file is missing, damaged or does not go with the others.
        """
        raw = self.layout.load(path, entry)
        where = entry.pose or path
        check_pose(where, raw.pose)
        size = size_of(raw.depth)
        check_camera(cameras.path or path, cameras.depth, size)
        _check_told(cameras, path, cameras.size, size, "depth")
        if not raw.depth.any():
            raise RawFileError(entry.depth or path, "no pixel has a depth", "leave it out")
        if size[0] < self.size[0] or size[1] < self.size[1]:
            raise RawFileError(
                entry.depth or path,
                f"{size[1]} x {size[0]} pixels, smaller than the {self.size[1]} x {self.size[0]} "
                "of the store",
                "give a smaller --image",
            )
        to_world = np.eye(4)
        to_world[:3, :3] = UPRIGHT[self.up]
        pose = to_world @ CONVENTIONS[self.poses](raw.pose)
        view = View(
            entry.number,
            _aligned(entry.colour or path, raw, cameras),
            raw.depth,
            _centred(cameras.depth),
            inverted(pose),
            self.unit,
        )
        _check_size(entry.labels, raw.labels, size, "labels")
        _check_size(entry.instances, raw.instances, size, "instances")
        return Posed(view, raw.pose, self._classes(raw), raw.instances)

    def view(self, path: Path, entry: Entry, cameras: Cameras) -> View:
        """Read a frame as ``full`` does, at the size that is kept."""
        view = self.full(path, entry, cameras).view
        old = size_of(view.depth)
        if old == self.size:
            return view
        return view._replace(
            colour=np.round(shrink_colour(view.colour, self.size)).astype(np.uint8),
            depth=shrink_depth(view.depth, self.size),
            intrinsics=scale_intrinsics(view.intrinsics, old, self.size),
        )

    def _classes(self, raw: RawFrame) -> NDArray[np.int16] | None:
        if raw.labels is None or not self.labels:
            return None
        return classes_of(raw.labels, self.labels)


class KeptViews(Sequence[View]):
    """Views that are read when they are asked for: thousands would not fit into memory."""

    def __init__(
        self, reader: FrameReader, path: Path, cameras: Cameras, entries: list[Entry]
    ) -> None:
        self.reader, self.path, self.cameras, self.entries = reader, path, cameras, entries

    def __len__(self) -> int:
        return len(self.entries)

    @overload
    def __getitem__(self, index: int) -> View: ...
    @overload
    def __getitem__(self, index: slice) -> list[View]: ...
    def __getitem__(self, index: int | slice) -> View | list[View]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        return self.reader.view(self.path, self.entries[index], self.cameras)


def size_of(image: NDArray[np.generic]) -> tuple[int, int]:
    """Return the rows and columns of an image (H, W, ...)."""
    return int(image.shape[0]), int(image.shape[1])


def _check_size(
    path: Path | None, image: NDArray[np.int64] | None, size: tuple[int, int], what: str
) -> None:
    if image is not None and size_of(image) != size:
        found = size_of(image)
        raise RawFileError(
            path or Path(),
            f"{what} of {found[1]} x {found[0]} pixels, depth of {size[1]} x {size[0]}",
            "resize them without mixing ids",
        )


def _check_told(
    cameras: Cameras, path: Path, told: tuple[int, int] | None, found: tuple[int, int], what: str
) -> None:
    """Refuse images of another size than the one that their camera is told for."""
    if told not in (None, found):
        assert told
        whose = "the published camera" if cameras.path is None else "the camera told"
        raise RawFileError(
            cameras.path or path,
            f"{whose} is for {what} of {told[1]} x {told[0]} pixels, not {found[1]} x {found[0]}",
            ADVICE,
        )


def _centred(camera: NDArray[np.float64]) -> NDArray[np.float64]:
    """Move pixel centres from whole numbers, as files have them, to +0.5."""
    moved = camera.copy()
    moved[:2, 2] += 0.5
    return moved


def _aligned(path: Path, raw: RawFrame, cameras: Cameras) -> NDArray[np.uint8]:
    """Bring colour to the pixels of the depth image.

    Images of two cameras at one position (ScanNet) are matched by their intrinsics. Without those,
    an image of another size counts as resized, and must have the same proportions.
    """
    size, found = size_of(raw.depth), size_of(raw.colour)
    _check_told(cameras, path, cameras.colour_size, found, "colour")
    if cameras.colour is not None:
        check_camera(cameras.path or path, cameras.colour, found)
        window = _window(_centred(cameras.depth), _centred(cameras.colour), size)
    elif size == found:
        return raw.colour
    elif math.isclose(size[0] * found[1], size[1] * found[0], rel_tol=SAME_SHAPE):
        window = None
    else:
        raise RawFileError(
            path,
            f"colour of {found[1]} x {found[0]} pixels, depth of {size[1]} x {size[0]}, of other "
            "proportions and without intrinsics of their own",
            "resize one of them",
        )
    return np.round(shrink_colour(raw.colour, size, window)).astype(np.uint8)


def _window(
    depth: NDArray[np.float64], colour: NDArray[np.float64], size: tuple[int, int]
) -> NDArray[np.float64]:  # (2, 2) edges of rows, edges of columns
    """Return where in the colour image the borders of the depth image lie."""
    edges = [
        [(edge - depth[i, 2]) / depth[i, i] * colour[i, i] + colour[i, 2] for edge in (0.0, extent)]
        for i, extent in ((1, float(size[0])), (0, float(size[1])))
    ]
    return np.array(edges)
