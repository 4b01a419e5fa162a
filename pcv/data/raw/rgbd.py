"""Posed RGB-D recordings as scenes: one cloud fused of the frames, and the frames as its views."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pcv.clip import COLOUR, INSTANCES, LABELS, NORMALS, Column, Video, VideoSource
from pcv.data.normals import estimate_normals
from pcv.data.raw.axes import UPRIGHT
from pcv.data.raw.class_list import read_class_list
from pcv.data.raw.listing import collect
from pcv.data.raw.posed.conventions import CONVENTIONS, Agreement
from pcv.data.raw.posed.frame import FrameReader, KeptViews, Posed, size_of
from pcv.data.raw.posed.fuse import Fusion
from pcv.data.raw.posed.layout import Cameras, Entry, Layout, pinhole
from pcv.data.raw.posed.objects import Objects
from pcv.data.raw.posed.scannet_frames import SCANNET
from pcv.data.raw.posed.sens import SENS
from pcv.data.raw.posed.seven_scenes import SEVEN_SCENES
from pcv.data.raw.posed.tum import TUM
from pcv.data.raw.room import ORDERED
from pcv.errors import InputError, RawFileError

LAYOUTS: dict[str, Layout] = {"7scenes": SEVEN_SCENES, "scannet": SCANNET, "sens": SENS, "tum": TUM}


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
        classes: File that names the ids of label images; None: ``classes.txt`` in ``root``, where
            there is one. Without it neither labels nor instances are read.
        labelled: False: neither labels nor instances are read, whatever lies there.
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
    classes: Path | None = None
    labelled: bool = True

    dataset = "rgbd"
    ordered = ORDERED
    class_names = ()
    axes = "x right, y down, z forward, turned about y as the recording is"

    @property
    def columns(self) -> dict[str, Column]:
        """Columns of every scene."""
        labels = {"labels": LABELS} if self.labels else {}
        objects = {"instances": INSTANCES} if self.instances else {}
        return {"colour": COLOUR, "normals": NORMALS} | labels | objects

    @property
    def point_class_names(self) -> tuple[str, ...]:
        """Names of the classes of points; none without a file of them."""
        return tuple(self.labels.values())

    @cached_property
    def labels(self) -> dict[int, str]:
        """Names of the ids in label images."""
        file = self.classes or self.root / "classes.txt"
        there = self.labelled and (self.classes or file.is_file())
        return read_class_list(file) if there else {}

    @cached_property
    def instances(self) -> bool:
        """Whether labelled frames have images of objects beside them."""
        return bool(self.labels) and any(
            entry.instances for path in self.found[1] for entry in self._readable(path)
        )

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
        problem = ""
        for path in recordings:
            try:
                entries = self._entries(path)
            except RawFileError as error:
                problem = f"; {error}"
                continue
            for entry in entries:
                try:
                    return size_of(layout.load(path, entry).depth)
                except RawFileError as error:
                    problem = f"; {error}"
        raise InputError(f"{self.root}: no frame can be read{problem}")

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
            "classes": ", ".join(f"{number} {name}" for number, name in self.labels.items()),
            "split": f"validation {', '.join(self.validation)}, test {', '.join(self.test)}",
        }

    def list_videos(self, root: Path, bad: list[InputError] | None = None) -> list[VideoSource]:
        """Find every recording, or piece of one, sorted; see ``Reader``."""
        self._check_options()
        layout, recordings = self.found
        unknown = {*self.test, *self.validation} - {self._name(path) for path in recordings}
        if unknown:
            raise InputError(f"{root}: holds no recording {min(unknown)} to test or validate on")
        numbers = {path: number for number, path in enumerate(recordings)}
        pieces: list[tuple[Path, int, int, str]] = []
        for path in recordings:
            try:
                pieces += self._pieces(path)
            except RawFileError as error:
                if bad is None:
                    raise
                bad.append(error)

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

    def _pieces(self, path: Path) -> list[tuple[Path, int, int, str]]:
        """Cut a recording: first frame taken, the one after the last, end of the name."""
        entries = len(self._entries(path))
        if not self.views_per_scene:
            return [(path, 0, entries, "")]
        count = max(1, round(entries / self.views_per_scene))
        edges = np.linspace(0, entries, count + 1).astype(int).tolist()
        return [(path, a, b, f".{k:03}") for k, (a, b) in enumerate(pairwise(edges))]

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
        cameras, frames = self._cameras(source.path), self.frames
        fusion, objects = Fusion(self.voxel, self.far, len(self.labels)), Objects()
        agreement = Agreement()
        kept: list[Entry] = []
        left_out: list[str] = []
        for entry in self._entries(source.path)[slice(*source.span)]:
            try:
                posed = frames.full(source.path, entry, cameras)
                if not is_held_out(len(kept), self.held_out):
                    _fuse(fusion, posed, self._votes(posed, objects, entry), source.path)
            except RawFileError as error:
                left_out.append(f"frame {entry.number}: {error.problem} ({error.path.name})")
                continue
            depth = posed.view.depth * np.float64(posed.view.unit)
            agreement.add(depth, posed.view.intrinsics, posed.pose)
            kept.append(entry)
        self._check(source, agreement, fusion.used, left_out)
        views = KeptViews(frames, source.path, cameras, kept)
        points, columns = self._columns_of(fusion, objects)
        return Video(source, [points], columns, views, tuple(left_out))

    @property
    def frames(self) -> FrameReader:
        """What reads single frames."""
        return FrameReader(self.found[0], self.image, self._up, self._unit, self.poses, self.labels)

    def _check_options(self) -> None:
        for option, value, known in (
            ("--layout", self.layout, ("auto", *LAYOUTS)),
            ("--poses", self.poses, tuple(CONVENTIONS)),
            ("--up", self.up or "y", tuple(UPRIGHT)),
        ):
            if value not in known:
                raise InputError(f"{option} {value}: choose {', '.join(known)}")
        if self.held_out < 0 or self.held_out == 1:
            raise InputError(f"--held-out {self.held_out}: choose 0, or every so many-th from 2")

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

    def _votes(self, posed: Posed, objects: Objects, entry: Entry) -> NDArray[np.int16] | None:
        """What each pixel says: its class, or with objects the number of class and object."""
        if not self.instances or posed.labels is None:
            return posed.labels
        if posed.instances is None:
            return None  # a class without its object would outvote those with
        try:
            return objects.number(posed.labels, posed.instances)
        except ValueError as error:
            raise RawFileError(
                entry.instances or Path(), str(error), "ids must be the same in all frames"
            ) from None

    def _columns_of(
        self, fusion: Fusion, objects: Objects
    ) -> tuple[NDArray[np.float32], dict[str, list[NDArray[np.generic]]]]:
        fused = fusion.result()
        normals = estimate_normals(fused.points, fused.towards)
        columns: dict[str, list[NDArray[np.generic]]] = {
            "colour": [fused.colour],
            "normals": [np.round(normals * 127).astype(np.int8)],
        }
        if self.instances:
            labels, instances = objects.decide(fusion.counts())
            columns |= {"labels": [labels], "instances": [instances]}
        elif self.labels:
            columns["labels"] = [fused.labels]
        return fused.points, columns

    def _cameras(self, path: Path) -> Cameras:
        if self.camera:
            return Cameras(pinhole(*self.camera))
        cameras = self.found[0].cameras(path)
        if cameras is None:
            raise RawFileError(path, "no file of intrinsics", "give --camera FX,FY,CX,CY")
        return cameras

    def _entries(self, path: Path) -> list[Entry]:
        return self._index(path)[:: self.every]

    def _readable(self, path: Path) -> list[Entry]:
        try:
            return self._index(path)
        except RawFileError:
            return []  # listing recordings tells of it

    def _index(self, path: Path) -> list[Entry]:
        if path not in self._indices:
            self._indices[path] = self.found[0].entries(path)
        return self._indices[path]

    @cached_property
    def _indices(self) -> dict[Path, list[Entry]]:
        return {}

    def _name(self, path: Path) -> str:
        inside = path.relative_to(self.root).as_posix().removesuffix(".sens")
        return self.root.resolve().name if inside == "." else inside

    def _split(self, name: str) -> str:
        return "test" if name in self.test else "validation" if name in self.validation else "train"

    @property
    def _up(self) -> str:
        return self.up or self.found[0].up

    @property
    def _unit(self) -> float:
        return self.unit or self.found[0].unit


def _fuse(fusion: Fusion, posed: Posed, votes: NDArray[np.int16] | None, path: Path) -> None:
    try:
        fusion.add(posed.view, votes)
    except ValueError as error:
        raise RawFileError(path, str(error), "is the pose in metres?") from None


def is_held_out(number: int, every: int) -> bool:
    """Tell whether a view, by its number within the scene, is one that tests."""
    return bool(every) and number % every == every // 2


__all__ = ["LAYOUTS", "RgbdScenes", "is_held_out"]
