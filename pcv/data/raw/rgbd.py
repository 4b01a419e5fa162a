"""Posed RGB-D recordings as scenes: one cloud fused of the frames, with the frames as its views."""

from __future__ import annotations

import re
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field
from pydantic.dataclasses import dataclass

from pcv.clip import COLOUR, INSTANCES, LABELS, NORMALS, Column, Video, VideoSource
from pcv.data.raw.axes import UPRIGHT
from pcv.data.raw.class_list import read_class_list
from pcv.data.raw.listing import collect_sources
from pcv.data.raw.marks import Choice
from pcv.data.raw.posed.camera_files import cameras_above, check_unit
from pcv.data.raw.posed.conventions import CONVENTIONS
from pcv.data.raw.posed.frame import FrameReader, size_of
from pcv.data.raw.posed.layout import Cameras, Entry, Layout, pinhole
from pcv.data.raw.posed.scannet_frames import SCANNET
from pcv.data.raw.posed.sens import SENS
from pcv.data.raw.posed.seven_scenes import SEVEN_SCENES
from pcv.data.raw.posed.tum import TUM
from pcv.data.raw.posed_options import Pinhole, Recordings, Size
from pcv.data.raw.reader import OPTIONS, DatasetReader, Sign, StoreDefaults
from pcv.data.raw.room import ORDERED
from pcv.errors import InputError, RawFileError

LAYOUTS: dict[str, Layout] = {"7scenes": SEVEN_SCENES, "scannet": SCANNET, "sens": SENS, "tum": TUM}


@dataclass(frozen=True, config=OPTIONS)
class RgbdScenes(DatasetReader):
    """Reads posed RGB-D recordings; a scene is a video of one frame, with views.

    Labels and instances are read where a file names the classes of label images.
    """

    root: Path  # the folder of the recordings
    layout: Annotated[
        str,
        Field(description="Layout of the files: auto, 7scenes, scannet, sens or tum."),
        Choice("auto", *LAYOUTS),
    ] = "auto"
    every: Annotated[int, Field(ge=1, description="Take one frame of every so many.")] = 1
    views_per_scene: Annotated[
        int,
        Field(ge=0, description="Cut recordings into scenes of about so many frames; 0: do not."),
    ] = 0
    size: Size = None
    held_out: Annotated[
        int, Field(description="Let one view of every so many test and add no points; 0: none.")
    ] = 0
    voxel: Annotated[
        float, Field(ge=1e-4, description="Edge in metres of the voxels that points are fused in.")
    ] = 0.02
    far: Annotated[
        float, Field(ge=1e-3, description="Farthest depth that is fused, in metres.")
    ] = 10.0
    up: Annotated[
        str | None,
        Field(
            description="The axis of the world that points up: -y, y or z; default: the layout's."
        ),
        Choice(*UPRIGHT),
    ] = None
    unit: Annotated[
        float | None, Field(ge=1e-9, description="Metres per unit of depth; default: the layout's.")
    ] = None
    camera: Pinhole = None
    poses: Annotated[
        str,
        Field(description="camera-to-world or world-to-camera, or either with -opengl at its end."),
        Choice(*CONVENTIONS),
    ] = "camera-to-world"
    test: Annotated[Recordings, Field(description="Recordings that test.")] = ()
    validation: Annotated[
        Recordings, Field(description="Recordings that validate; all others train.")
    ] = ()
    classes: Annotated[
        Path | None,
        Field(description="File of classes, one `id name` per line; default: RAW/classes.txt."),
    ] = None
    labelled: bool = True  # False: read neither labels nor instances

    dataset = "rgbd"
    summary = "Posed RGB-D: recordings as of 7-Scenes, ScanNet (exported or .sens) or TUM RGB-D."
    example = "pcv prepare rgbd redkitchen stores/kitchen --image 240,320"
    stored = StoreDefaults(points=1 << 20)
    signs = (
        Sign(re.compile(r"frame-\d+\.(pose\.txt|depth\.png)")),  # 7-Scenes
        Sign(re.compile(r"groundtruth\.txt|.*\.sens")),  # TUM, ScanNet
    )
    predict_options = (
        "layout", "every", "views_per_scene", "voxel", "far", "held_out", "up", "unit", "camera",
        "poses",
    )  # fmt: skip
    predict_always: ClassVar = {"labelled": False}
    ordered = ORDERED
    class_names = ()
    axes = "x right, y down, z forward, turned about y as the recording is"

    @property
    def columns(self) -> dict[str, Column]:
        """The columns of every scene."""
        labels = {"labels": LABELS} if self.labels else {}
        objects = {"instances": INSTANCES} if self.instances else {}
        return {"colour": COLOUR, "normals": NORMALS} | labels | objects

    @property
    def point_class_names(self) -> tuple[str, ...]:
        """The names of the classes of points; there are none without a file of them."""
        return tuple(self.labels.values())

    @cached_property
    def labels(self) -> dict[int, str]:
        """The names of the ids in label images."""
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
        """The layout that is found, and its recordings."""
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
        """The rows and columns of the images that are kept."""
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
            **self.noted("every", "views_per_scene", "voxel", "far"),
            "up": self._up,
            "unit": self._unit,
            **self.noted("camera", "poses"),
            "classes": ", ".join(f"{number} {name}" for number, name in self.labels.items()),
            "split": f"validation {', '.join(self.validation)}, test {', '.join(self.test)}",
        }

    def list_videos(self, root: Path, bad: list[InputError] | None = None) -> list[VideoSource]:
        """Find every recording, or every piece of them, sorted; see ``Reader``."""
        if self.held_out < 0 or self.held_out == 1:
            raise InputError(
                f"--held-out {self.held_out}: choose 0, or one view of every 2 or more"
            )
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
                raise RawFileError(path, f"has no frame, expected {layout.example}", "remove it")
            files = tuple(dict.fromkeys(file for entry in entries for file in entry.files))
            name = self._name(path)
            return VideoSource(
                path, name + tail, -1, numbers[path], 0, self._split(name), (first, stop), files
            )

        return collect_sources(pieces, describe, bad)

    def _pieces(self, path: Path) -> list[tuple[Path, int, int, str]]:
        """Cut a recording: path, first frame, the one after the last, and the end of its name."""
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
        """Fuse a scene, and list what cannot be used of it; see ``Reader``."""
        from pcv.data.raw.fused_scene import Fusing, fuse_scene  # brings Numba, which takes long

        assert source.span
        entries = self._entries(source.path)[slice(*source.span)]
        how = Fusing(
            self.voxel, self.far, self.held_out, self.poses, len(self.labels), self.instances
        )
        return fuse_scene(source, entries, self._cameras(source.path), self.frames, how)

    @property
    def frames(self) -> FrameReader:
        """The reader of single frames."""
        return FrameReader(self.found[0], self.image, self._up, self._unit, self.poses, self.labels)

    def _cameras(self, path: Path) -> Cameras:
        if self.camera:
            return Cameras(pinhole(*self.camera))
        cameras = self.found[0].cameras(path)
        if cameras is None or cameras.path is None:
            cameras = cameras_above(path, self.root) or cameras
        if cameras is None:
            raise RawFileError(path, "has no file of intrinsics", "give --camera FX,FY,CX,CY")
        if self.unit is None:
            check_unit(cameras, self._unit)
        return cameras

    def _entries(self, path: Path) -> list[Entry]:
        return self._index(path)[:: self.every]

    def _readable(self, path: Path) -> list[Entry]:
        try:
            return self._index(path)
        except RawFileError:
            return []  # list_videos reports it

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
