"""A user's own rooms: one file in a common format per room, with all its points."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic.dataclasses import dataclass

from pcv.clip import COLOUR, NORMALS, Column, Video, VideoSource
from pcv.data.files.checked import check_finite
from pcv.data.files.cloud import Asked, Cloud
from pcv.data.files.cloud_files import CLOUDS, SUFFIXES, read_cloud
from pcv.data.raw.axes import UPRIGHT, far_shift
from pcv.data.raw.cloud_options import CloudCamera, Metres
from pcv.data.raw.listing import collect_sources, walk
from pcv.data.raw.marks import Choice
from pcv.data.raw.reader import OPTIONS, DatasetReader
from pcv.data.raw.room import ORDERED, UP_Z, stored_normals, unit_normals
from pcv.errors import InputError, RawFileError

WIDEST = 1024.0  # metres: a wider room was measured in millimetres


@dataclass(frozen=True, config=OPTIONS)
class RoomFiles(DatasetReader):
    """Reads clouds without labels, one room per file, for ``pcv predict``.

    A room is named by its path below the folder, without the suffix.
    """

    root: Path
    up: Annotated[str, Choice(*UPRIGHT)] = "z"
    unit: Metres = None
    camera: CloudCamera = None  # without it depth images are not listed
    colour: bool = False  # read the points' colours
    normals: bool = False  # read the points' normals; where a file has none, they are estimated
    drop_nan: bool = False  # leave out points that are not finite, instead of refusing their file

    dataset = "folder"
    predict_options = ("up", "unit", "camera", "drop_nan", "colour", "normals")
    ordered = ORDERED
    class_names = ()
    point_class_names = ()

    @property
    def columns(self) -> dict[str, Column]:
        """What is read of every point besides its position."""
        colour = {"colour": COLOUR} if self.colour else {}
        return colour | ({"normals": NORMALS} if self.normals else {})

    def settings(self) -> dict[str, float | str]:
        """Return the options that change the points."""
        return self.noted("up", "unit", "camera")

    def list_videos(self, root: Path, bad: list[InputError] | None = None) -> list[VideoSource]:
        """Find every cloud below a folder, or take the one file that is given; see ``Reader``."""
        # A LiDAR scan is no room, and what lies beside rooms may end in .bin, too.
        known = tuple(end for end in (SUFFIXES if self.camera else CLOUDS) if end != ".bin")
        paths = [root]
        if root.is_dir():
            paths = [Path(folder, name) for folder, _, names in walk(root) for name in names]
            paths = [p for p in paths if p.suffix.lower() in known]
        if not paths:
            raise InputError(f"{root}: holds no cloud ({', '.join(known)})")
        return collect_sources(sorted(paths), self._describe, bad)

    def count_frames(self, source: VideoSource) -> int:
        """Return 1: a room is one frame."""
        return 1

    def read_video(self, source: VideoSource) -> Video:
        """Read a room as points in metres; see ``Reader``.

        Far from zero, as in maps, float32 is coarse: then whole metres are subtracted.
        """
        path = source.path
        asked = Asked(labels=False, colour=self.colour, normals=self.normals)
        cloud = self._finite(path, read_cloud(path, self.camera, asked))
        if not len(cloud.points):
            raise RawFileError(path, "holds no point", "leave it out")
        default = 0.001 if path.suffix.lower() == ".png" else 1.0
        # With z up, as other rooms are when their normals are estimated.
        turn = UP_Z.T @ UPRIGHT[self.up]
        points = (cloud.points * (default if self.unit is None else self.unit)) @ turn.T
        self._check_extent(path, points)
        if cloud.normals is not None:
            cloud = cloud._replace(normals=cloud.normals @ turn.T)
        columns = self._columns(path, points, cloud)
        shift = far_shift([points])
        turned = ((points - shift) @ UP_Z.T).astype(np.float32)
        video = Video(source, [turned], {name: [values] for name, values in columns.items()})
        return video._replace(shift=shift @ UP_Z.T) if shift.any() else video

    def _describe(self, path: Path) -> VideoSource:
        inside = path.relative_to(self.root) if self.root in path.parents else Path(path.name)
        name = inside.with_suffix("").as_posix()
        return VideoSource(path, name, -1, -1, 0, "test", files=(path,))

    def _finite(self, path: Path, cloud: Cloud) -> Cloud:
        if self.drop_nan:
            kept = np.isfinite(cloud.points).all(axis=1)
            parts = (None if each is None else each[kept] for each in cloud)
            cloud = Cloud(*parts)  # type: ignore[arg-type]  # the first is never None
        check_finite(path, cloud.points, "remove them, or give --read drop_nan=true")
        return cloud

    def _check_extent(self, path: Path, points: NDArray[np.float64]) -> None:
        extent = float(np.ptp(points, axis=0).max())
        if not extent <= WIDEST:
            raise RawFileError(
                path, f"is {extent:.0f} m from end to end, more than a room",
                "if it is in millimetres, give --read unit=0.001",
            )  # fmt: skip

    def _columns(
        self, path: Path, points: NDArray[np.float64], cloud: Cloud
    ) -> dict[str, NDArray[np.generic]]:
        columns: dict[str, NDArray[np.generic]] = {}
        if self.colour:
            if cloud.colour is None:
                raise RawFileError(
                    path, "its points have no colour, which the model reads",
                    "export it with red, green, blue",
                )  # fmt: skip
            columns["colour"] = cloud.colour
        if self.normals:
            given = cloud.normals
            unit = None if given is None else unit_normals(path, given)
            columns["normals"] = stored_normals(points, unit)
        return columns
