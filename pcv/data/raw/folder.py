"""A user's own recordings: one folder of frames per video, in a common format."""

from __future__ import annotations

import os
import re
from fnmatch import fnmatch
from functools import cached_property
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field
from pydantic.dataclasses import dataclass

from pcv.clip import COLOUR, LABELS, Column, Video, VideoSource
from pcv.data.files.cloud_files import SUFFIXES, full_colour_of
from pcv.data.raw.axes import UPRIGHT, far_shift
from pcv.data.raw.cloud_options import CloudCamera, Metres
from pcv.data.raw.folder_frames import FrameFiles
from pcv.data.raw.folder_names import read_names
from pcv.data.raw.folder_table import VideoRow, draw_split, read_video_table
from pcv.data.raw.frames import Frame, lazy_video
from pcv.data.raw.listing import HIDDEN, collect_sources, walk
from pcv.data.raw.marks import Choice, Text
from pcv.data.raw.reader import OPTIONS, DatasetReader, Sign
from pcv.data.raw.room_files import RoomFiles
from pcv.errors import InputError, RawFileError

CLOUD = re.compile(
    rf"[^.].*({'|'.join(map(re.escape, SUFFIXES))})", re.ASCII | re.DOTALL | re.IGNORECASE
)


def _class_names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


@dataclass(frozen=True, config=OPTIONS)
class VideoFolders(DatasetReader):
    """Reads ``root/[split/][class/]video/0001.ply`` and the like.

    Without a CSV file of labels, the class of a video is the folder that it lies in. Without one
    that says the split, folders called train, validation or test do, above or below those of the
    classes. Without those, the shares that test and validate are drawn in every class.
    """

    root: Path  # the folder of the videos
    labels: Annotated[
        Path | None,
        Field(
            description="CSV of video, label[, subject][, split]; default: folders are the classes."
        ),
    ] = None
    split: Annotated[Path | None, Field(description="CSV of video, split.")] = None
    test: Annotated[
        float, Field(description="Share of each class that tests, if no CSV says it.")
    ] = 0.2
    validation: Annotated[
        float, Field(description="Share of each class that validates, likewise.")
    ] = 0.1
    seed: Annotated[int, Field(ge=0, description="Seed of the draw of the split.")] = 0
    pattern: Annotated[str, Field(description="Which files are frames, such as *.depth.png.")] = "*"
    up: Annotated[
        str,
        Field(description="The axis of the files that points up: -y, y or z."),
        Choice(*UPRIGHT),
    ] = "-y"
    unit: Metres = None
    camera: CloudCamera = None
    point_classes: Annotated[
        tuple[str, ...],
        Field(description="Read the points' labels; the names of their classes, from 0."),
        Text("A,B,...", _class_names),
    ] = ()
    colour: Annotated[bool, Field(description="Read the points' colours.")] = False
    drop_nan: Annotated[bool, Field(description="Leave out points that are not finite.")] = False

    dataset = "folder"
    summary = (
        "Your own: [class/]video/0001.ply (or .pcd .xyz .npy .npz .las .laz .bin, depth .png)."
    )
    example = "pcv prepare folder recordings stores/mine --up z"
    suggests = True
    signs = (Sign(CLOUD, last=True),)
    predict_options = ("up", "unit", "camera", "pattern", "drop_nan", "colour")
    rooms = RoomFiles

    @property
    def class_names(self) -> tuple[str, ...]:
        """The names of the labels of videos, sorted."""
        return tuple(sorted({row.label for row in self._rows.values() if row.label}))

    @property
    def point_class_names(self) -> tuple[str, ...]:
        """The names of the labels of points."""
        return self.point_classes

    @property
    def columns(self) -> dict[str, Column]:
        """What is read of every point besides its position."""
        labels = {"labels": LABELS} if self.point_classes else {}
        return labels | ({"colour": COLOUR} if self.colour else {})

    def settings(self) -> dict[str, float | str]:
        """Return the options that change the store."""
        return {
            **self.noted("up", "unit", "camera"),
            "labels": self.labels.name if self.labels else "folders",
            "split": " and ".join(self._split_sources()),
            **self.noted("pattern"),
        }

    def list_videos(self, root: Path, bad: list[InputError] | None = None) -> list[VideoSource]:
        """Find every folder of frames, sorted by its path; see ``Reader``."""
        classes = {name: number for number, name in enumerate(self.class_names)}

        def describe(folder: Path) -> VideoSource:
            if folder in self._dead_links:
                raise RawFileError(folder, "is a link to nothing", "mend or remove it")
            name = self._name(folder)
            frames = self._frames(folder)
            if name not in self._rows:
                table = next(path for path, listed in self._tables if name not in listed)
                raise RawFileError(folder, f"is not in {table}", "add a line or remove the folder")
            row = self._rows[name]
            label = classes[row.label] if row.label else -1
            return VideoSource(folder, name, label, row.subject, 0, row.split, files=tuple(frames))

        found = collect_sources([*self._folders, *self._dead_links], describe, bad)
        self._refuse_rows_without_a_folder(bad)
        return found

    def count_frames(self, source: VideoSource) -> int:
        """Return the number of frames."""
        return len(source.files)

    def read_video(self, source: VideoSource) -> Video:
        """Read a video, frame by frame, as points in metres; see ``Reader``.

        Far from zero, as in maps, float32 is coarse: then whole metres are subtracted from all
        frames, by the first frame that has points. The video says how many.
        """
        read = FrameFiles(
            self.camera, self.unit, self.point_classes, self.drop_nan,
            full_colour_of(source.files) if self.colour else None,
        ).read  # fmt: skip
        shift = far_shift(read(path)[0] for path in source.files)

        def load(index: int) -> Frame:
            points, columns = read(source.files[index])
            return Frame(((points - shift) @ UPRIGHT[self.up].T).astype(np.float32), columns)

        video = lazy_video(source, load, len(source.files), tuple(self.columns))
        return video._replace(shift=shift @ UPRIGHT[self.up].T) if shift.any() else video

    def alone(self, path: Path) -> VideoSource | None:
        """Describe a folder of frames, or one frame, that is given on its own.

        Raises:
            RawFileError: A frame has no number, or that of another one.
        """
        if path.is_dir() and not self._holds_frames(path):
            return None
        frames = self._frames(path) if path.is_dir() else [path]
        return VideoSource(path, path.name, -1, -1, 0, "test", files=tuple(frames))

    @cached_property
    def _folders(self) -> list[Path]:
        """Every folder that holds frames, or that holds no folder."""
        if not self.root.is_dir():
            raise InputError(f"{self.root}: no such folder; give a folder of videos")
        found = [
            Path(folder)
            for folder, inside, files in self._walked
            if not inside or any(self._is_frame(name) for name in files)
        ]
        if self.root in found:
            raise InputError(
                f"{self.root}: is a folder of frames, or empty; "
                "expected [class/]video/0001.ply in it"
            )
        if not found:
            raise InputError(f"{self.root}: holds only links that lead back to it")
        return sorted(found)

    @cached_property
    def _walked(self) -> list[tuple[str, list[str], list[str]]]:
        return list(walk(self.root))

    @cached_property
    def _dead_links(self) -> list[Path]:
        """Links that lead nowhere, which may have been videos or classes; a dead frame is one."""
        paths = (Path(folder, name) for folder, _, names in self._walked for name in names)
        return [p for p in paths if not self._is_frame(p.name) and not os.path.exists(p)]

    @cached_property
    def _told(self) -> dict[str, VideoRow]:
        """What CSV files and folders tell of every video by its name."""
        tables = {path: table for path, table in self._tables}
        names = [self._name(folder) for folder in self._folders]
        names = [n for n in names if all(n in table for table in tables.values())]
        rows = {name: tables[self.labels][name] for name in names} if self.labels else {}
        if self.split:
            told = tables[self.split]
            rows = {
                name: rows.get(name, VideoRow())._replace(split=told[name].split) for name in names
            }
        if self.labels is None or not all(row.split for row in rows.values()):
            for name, folders in read_names(self.root, names).items():
                row = rows.get(name, VideoRow())
                label = row.label if self.labels else folders.label
                rows[name] = row._replace(label=label, split=row.split or folders.split)
        return rows

    @cached_property
    def _rows(self) -> dict[str, VideoRow]:
        """What is known of every video by its name; what nothing tells of its split is drawn."""
        if self.split:
            return self._told
        return draw_split(self._told, self.test, self.validation, self.seed)

    def _split_sources(self) -> list[str]:
        """Return what says the splits: files, folders, or the draw."""
        if self.split:
            return [self.split.name]
        drawn = f"drawn {self.test:g} {self.validation:g} seed {self.seed}"
        if not self.root.is_dir():  # a reader of recordings elsewhere
            return [drawn]
        tables = {path: table for path, table in self._tables}
        listed = tables[self.labels] if self.labels else {}
        by_table = [bool(name in listed and listed[name].split) for name in self._told]
        left = [row for row, done in zip(self._told.values(), by_table, strict=True) if not done]
        found = [self.labels.name] if self.labels and any(by_table) else []
        if any(row.split for row in left):
            found.append("folders")
        if not all(row.split for row in left):
            found.append(drawn)
        return found or ["nothing"]

    @cached_property
    def _tables(self) -> list[tuple[Path, dict[str, VideoRow]]]:
        """The CSV files, with what they say."""
        asked = ((self.labels, "label"), (self.split, "split"))
        return [(path, read_video_table(path, needed)) for path, needed in asked if path]

    def _name(self, folder: Path) -> str:
        return folder.relative_to(self.root).as_posix()

    def _refuse_rows_without_a_folder(self, bad: list[InputError] | None) -> None:
        names = {self._name(folder) for folder in self._folders}
        for path, table in self._tables:
            for name in sorted(set(table) - names):
                error = RawFileError(
                    path,
                    f"lists {name}, which is no folder of {self.root}",
                    "copy it or cut the line",
                )
                if bad is None:
                    raise error
                bad.append(error)

    def _holds_frames(self, path: Path) -> bool:
        return any(self._is_frame(each.name) for each in path.iterdir() if each.is_file())

    def _is_frame(self, name: str) -> bool:
        shown = not name.startswith(HIDDEN)
        return shown and Path(name).suffix.lower() in SUFFIXES and fnmatch(name, self.pattern)

    def _frames(self, folder: Path) -> list[Path]:
        paths = [path for path in sorted(folder.iterdir()) if self._is_frame(path.name)]
        if not paths:
            raise RawFileError(
                folder,
                f"has no frame in it ({', '.join(SUFFIXES)}; {self.pattern})",
                "remove it",
            )
        found: dict[tuple[int, ...], Path] = {}
        for path in paths:
            key = tuple(int(number) for number in re.findall(r"\d+", path.stem))
            if not key:
                raise RawFileError(
                    path, "has no frame number in its name", "expected e.g. 0001.ply"
                )
            if key in found:
                raise RawFileError(
                    path, f"is the same frame as {found[key].name}", "keep one, or give --pattern"
                )
            found[key] = path
        return [found[key] for key in sorted(found)]
