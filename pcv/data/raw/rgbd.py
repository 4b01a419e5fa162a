"""Posed RGB-D recordings as scenes: one cloud fused of the frames, and the frames as its views."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from pcv.clip import COLOUR, NORMALS, Column, Video, VideoSource, View
from pcv.data.fuse import Fused, Fusion
from pcv.data.normals import estimate_normals
from pcv.data.raw.conventions import CONVENTIONS, Agreement, inverted
from pcv.data.raw.folder import UPRIGHT
from pcv.data.raw.listing import collect
from pcv.data.raw.posed import (
    Cameras,
    Entry,
    Layout,
    RawFrame,
    check_camera,
    check_pose,
    pinhole,
)
from pcv.data.raw.room import ORDERED
from pcv.data.raw.scannet_frames import SCANNET
from pcv.data.raw.sens import SENS
from pcv.data.raw.seven_scenes import SEVEN_SCENES
from pcv.data.raw.tum import TUM
from pcv.data.resize import scale_intrinsics, shrink_colour, shrink_depth
from pcv.errors import InputError, RawFileError

LAYOUTS: dict[str, Layout] = {"7scenes": SEVEN_SCENES, "scannet": SCANNET, "sens": SENS, "tum": TUM}
SAME_SHAPE = 0.02  # two images show the same where their proportions differ by no more


class Posed(NamedTuple):
    """A usable frame at its full size."""

    view: View  # colour as large as depth
    pose: NDArray[np.float64]  # as the file says
    labels: NDArray[np.int64] | None


@dataclass(frozen=True)
class RgbdScenes:
    """Reads posed RGB-D recordings; a scene is a video of one frame, with views.

    Args:
        root: Folder of the recordings.
        layout: One of LAYOUTS, or ``auto``: the one that is found.
        every: Take every so many-th frame.
        views_per_scene: Cut a recording into scenes of about so many consecutive frames taken;
            0: a recording is one scene.
        size: Rows and columns of the images kept; None: those of the first depth image.
        voxel: Edge of the voxels that points are averaged in, metres.
        far: Points farther from the camera are left out, metres.
        held_out: Every so many-th view adds nothing to the points, so that it can test; 0: none.
        up: Axis of the world that points up: ``-y``, ``y`` or ``z``; None: the layout's.
        unit: Metres a unit of depth; None: the layout's.
        camera: fx, fy, cx, cy for all recordings instead of their files.
        poses: One of CONVENTIONS.
        test: Recordings that test.
        validation: Recordings that validate; all others train.
    """

    root: Path
    layout: str = "auto"
    every: int = 1
    views_per_scene: int = 0
    size: tuple[int, int] | None = None
    voxel: float = 0.02
    far: float = 10.0
    held_out: int = 0
    up: str | None = None
    unit: float | None = None
    camera: tuple[float, float, float, float] | None = None
    poses: str = "camera-to-world"
    test: tuple[str, ...] = ()
    validation: tuple[str, ...] = ()

    dataset = "rgbd"
    ordered = ORDERED
    class_names = ()
    point_class_names = ()
    axes = "x right, y down, z forward, turned about y as the recording is"

    @property
    def columns(self) -> dict[str, Column]:
        """Columns of every scene."""
        return {"colour": COLOUR, "normals": NORMALS}

    @cached_property
    def found(self) -> tuple[Layout, list[Path]]:
        """The layout, and its recordings."""
        if not self.root.is_dir():
            raise InputError(f"{self.root}: no such folder; give the folder of the recordings")
        wanted = LAYOUTS if self.layout == "auto" else {self.layout: LAYOUTS[self.layout]}
        for layout in wanted.values():
            recordings = layout.find(self.root)
            if recordings:
                return layout, recordings
        examples = "; or ".join(layout.example for layout in wanted.values())
        raise InputError(f"{self.root}: holds no posed RGB-D recording; expected {examples}")

    @cached_property
    def image(self) -> tuple[int, int]:
        """Rows and columns of the images kept."""
        if self.size:
            return self.size
        layout, recordings = self.found
        for path in recordings:
            for entry in self._entries(path):
                try:
                    return _size(layout.load(path, entry).depth)
                except RawFileError as error:
                    last = error
        raise last

    def settings(self) -> dict[str, float | str]:
        """Return the options that change the store."""
        return {
            "every": self.every,
            "views_per_scene": self.views_per_scene,
            "voxel": self.voxel,
            "far": self.far,
            "up": self._up,
            "unit": self._unit,
            "camera": str(self.camera or "as recorded"),
            "poses": self.poses,
            "split": f"validation {', '.join(self.validation)}, test {', '.join(self.test)}",
        }

    def list_videos(self, root: Path, bad: list[InputError] | None = None) -> list[VideoSource]:
        """Find every recording, or piece of one, sorted; see ``Reader``."""
        layout, recordings = self.found
        unknown = {*self.test, *self.validation} - {self._name(path) for path in recordings}
        if unknown:
            raise InputError(f"{root}: holds no recording {min(unknown)} to test or validate on")
        numbers = {path: number for number, path in enumerate(recordings)}
        pieces: list[tuple[Path, int, int, str]] = []
        for path in recordings:
            entries = len(self._entries(path))
            count = max(1, round(entries / self.views_per_scene)) if self.views_per_scene else 1
            edges = np.linspace(0, entries, count + 1).astype(int).tolist()
            tails = [f".{k:03}" for k in range(count)] if self.views_per_scene else [""]
            pieces += [(path, *e, t) for e, t in zip(pairwise(edges), tails, strict=True)]

        def describe(piece: tuple[Path, int, int, str]) -> VideoSource:
            path, first, stop, tail = piece
            entries = self._entries(path)[first:stop]
            if not entries:
                raise RawFileError(path, f"no frame, expected {layout.example}", "remove it")
            files = tuple(dict.fromkeys(file for entry in entries for file in entry.files))
            name = self._name(path)
            return VideoSource(
                path, name + tail, -1, numbers[path], 0, self._split(name), (first, stop), files
            )

        return collect(pieces, describe, bad)

    def count_frames(self, source: VideoSource) -> int:
        """Return 1: a scene stands still."""
        return 1

    def count_views(self, source: VideoSource) -> int:
        """Return how many views there are at most, from names alone."""
        assert source.span
        return source.span[1] - source.span[0]

    def read_video(self, source: VideoSource) -> Video:
        """Fuse a scene and list what could not be used of it; see ``Reader``."""
        assert source.span
        cameras = self._cameras(source.path)
        fusion, agreement = Fusion(self.voxel, self.far), Agreement()
        kept: list[Entry] = []
        left_out: list[str] = []
        for entry in self._entries(source.path)[slice(*source.span)]:
            try:
                posed = self._load(source.path, entry, cameras)
                if not is_held_out(len(kept), self.held_out):
                    fusion.add(posed.view)
            except RawFileError as error:
                left_out.append(f"frame {entry.number}: {error.problem} ({error.path.name})")
                continue
            depth = posed.view.depth * np.float64(posed.view.unit)
            agreement.add(depth, posed.view.intrinsics, posed.pose)
            kept.append(entry)
        self._check(source, agreement, fusion.used, left_out)
        fused = fusion.result()
        views = KeptViews(self, source.path, cameras, kept)
        return Video(source, [fused.points], self._columns_of(fused), views, tuple(left_out))

    def load_view(self, path: Path, entry: Entry, cameras: Cameras) -> View:
        """Read a frame at the size that is kept."""
        view = self._load(path, entry, cameras).view
        old = _size(view.depth)
        if old == self.image:
            return view
        return view._replace(
            colour=np.round(shrink_colour(view.colour, self.image)).astype(np.uint8),
            depth=shrink_depth(view.depth, self.image),
            intrinsics=scale_intrinsics(view.intrinsics, old, self.image),
        )

    def _check(
        self, source: VideoSource, agreement: Agreement, points: int, left_out: list[str]
    ) -> None:
        found = agreement.better_than(self.poses)
        if found:
            shares = agreement.shares()
            raise RawFileError(
                source.path,
                f"poses are {found}, not {self.poses}: {shares[found]:.0%} of the points land "
                f"where the next frame measures them, against {shares[self.poses]:.0%}",
                f"give --poses {found}",
            )
        if not points:
            first = f", e.g. {left_out[0]}" if left_out else ""
            raise RawFileError(source.path, f"no usable frame{first}", "check the recording")

    def _columns_of(self, fused: Fused) -> dict[str, list[NDArray[np.generic]]]:
        normals = estimate_normals(fused.points, fused.towards)
        return {"colour": [fused.colour], "normals": [np.round(normals * 127).astype(np.int8)]}

    def _load(self, path: Path, entry: Entry, cameras: Cameras) -> Posed:
        layout, _ = self.found
        raw = layout.load(path, entry)
        where = entry.pose or path
        check_pose(where, raw.pose)
        size = _size(raw.depth)
        check_camera(cameras.path or path, cameras.depth, size)
        if not raw.depth.any():
            raise RawFileError(entry.depth or path, "no pixel has a depth", "leave it out")
        if size[0] < self.image[0] or size[1] < self.image[1]:
            raise RawFileError(
                entry.depth or path,
                f"{size[1]} x {size[0]} pixels, smaller than the {self.image[1]} x {self.image[0]} "
                "of the store",
                "give --image",
            )
        to_world = np.eye(4)
        to_world[:3, :3] = UPRIGHT[self._up]
        pose = to_world @ CONVENTIONS[self.poses](raw.pose)
        view = View(
            entry.number,
            _aligned(entry.colour or path, raw, cameras),
            raw.depth,
            _centred(cameras.depth),
            inverted(pose),
            self._unit,
        )
        return Posed(view, raw.pose, raw.labels)

    def _cameras(self, path: Path) -> Cameras:
        if self.camera:
            return Cameras(pinhole(*self.camera))
        cameras = self.found[0].cameras(path)
        if cameras is None:
            raise RawFileError(path, "no file of intrinsics", "give --camera FX,FY,CX,CY")
        return cameras

    def _entries(self, path: Path) -> list[Entry]:
        return self._index(path)[:: self.every]

    def _index(self, path: Path) -> list[Entry]:
        if path not in self._indices:
            self._indices[path] = self.found[0].entries(path)
        return self._indices[path]

    @cached_property
    def _indices(self) -> dict[Path, list[Entry]]:
        return {}

    def _name(self, path: Path) -> str:
        inside = path.relative_to(self.root).with_suffix("").as_posix()
        return self.root.resolve().name if inside == "." else inside

    def _split(self, name: str) -> str:
        return "test" if name in self.test else "validation" if name in self.validation else "train"

    @property
    def _up(self) -> str:
        return self.up or self.found[0].up

    @property
    def _unit(self) -> float:
        return self.unit or self.found[0].unit


class KeptViews(Sequence[View]):
    """Views that are read when they are asked for: thousands would not fit into memory."""

    def __init__(
        self, reader: RgbdScenes, path: Path, cameras: Cameras, entries: list[Entry]
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
        return self.reader.load_view(self.path, self.entries[index], self.cameras)


def is_held_out(number: int, every: int) -> bool:
    """Tell whether a view, by its number within the scene, is one that tests."""
    return bool(every) and number % every == every // 2


def _size(image: NDArray[np.generic]) -> tuple[int, int]:
    return int(image.shape[0]), int(image.shape[1])


def _centred(camera: NDArray[np.float64]) -> NDArray[np.float64]:
    """From pixel centres at whole numbers, as files have them, to centres at +0.5."""
    moved = camera.copy()
    moved[:2, 2] += 0.5
    return moved


def _aligned(path: Path, raw: RawFrame, cameras: Cameras) -> NDArray[np.uint8]:
    """Bring colour to the pixels of the depth image.

    Images of two cameras at one place (ScanNet) are matched by their intrinsics. Without those
    another size is a resized image, and must have the same proportions.
    """
    size, found = _size(raw.depth), _size(raw.colour)
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
    """Where in the colour image the borders of the depth image lie."""
    edges = [
        [(edge - depth[i, 2]) / depth[i, i] * colour[i, i] + colour[i, 2] for edge in (0.0, extent)]
        for i, extent in ((1, float(size[0])), (0, float(size[1])))
    ]
    return np.array(edges)


__all__ = ["LAYOUTS", "RgbdScenes", "is_held_out"]
