"""ScanNet (Dai et al., CVPR 2017): one room per scan, as the official files or as plain arrays."""

from __future__ import annotations

import re
from functools import cached_property
from pathlib import Path
from typing import Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from pydantic.dataclasses import dataclass

from pcv.clip import Video, VideoSource
from pcv.data.raw import scannet_arrays, scannet_mesh
from pcv.data.raw.label_map import LabelMap, MappedClasses, read_label_map
from pcv.data.raw.listing import collect_sources, walk
from pcv.data.raw.marks import Choice
from pcv.data.raw.reader import OPTIONS, DatasetReader, Sign, StoreDefaults
from pcv.data.raw.room import COLUMNS, ORDERED, RawRoom, RoomLists, room_video
from pcv.errors import InputError, RawFileError

NAME = re.compile(r"scene(\d{4})_(\d{2})")
ARRAYS, MESH = "_vert.npy", "_vh_clean_2.ply"
MAPS = {20: "scannet20.yaml", 200: "scannet200.yaml"}


@dataclass(frozen=True, config=OPTIONS)
class ScanNet(MappedClasses, DatasetReader):
    """Reads ScanNet; a scan is a video of one frame, with all its points.

    The 20 classes go by NYU40 ids, the 200 by the ids of the label table. Scans that are on no
    list are left out. The hidden test set has rooms without labels.
    """

    root: Path  # of the scans, of the label table and of the lists, if there are any
    classes: Annotated[int, Field(description="How many classes: 20 or 200."), Choice(*MAPS)] = 20
    train_list: Annotated[
        Path | None,
        Field(description="File of the rooms that train; default: scannetv2_train.txt in RAW."),
    ] = None
    val_list: Annotated[
        Path | None,
        Field(description="File of the rooms that test; default: scannetv2_val.txt in RAW."),
    ] = None
    unlabelled: Annotated[
        bool, Field(description="Also take rooms without labels: all their points are ignored.")
    ] = False
    labelled: bool = True  # False: read neither labels nor lists; every room tests

    dataset = "scannet"
    summary = "ScanNet: sceneXXXX_YY_vh_clean_2.ply with labels, or sceneXXXX_YY_vert.npy."
    example = "pcv prepare scannet scans stores/scannet --classes 20"
    stored = StoreDefaults(points=1 << 20)
    signs = (Sign(re.compile(rf"{NAME.pattern}.*")), Sign(NAME, folder=True))
    predict_options = ()
    predict_always: ClassVar = {"labelled": False}
    columns = COLUMNS
    ordered = ORDERED

    @cached_property
    def labels(self) -> LabelMap:
        """The label map, read once."""
        return read_label_map(Path(__file__).with_name(MAPS[self.classes]))

    def settings(self) -> dict[str, float | str]:
        """Return the options that change the store."""
        split = {"split": self._lists.describe(self.root)}
        return self.noted("classes") | split | self.noted("unlabelled")

    @property
    def _lists(self) -> RoomLists:
        return RoomLists(self.train_list, self.val_list)

    def list_videos(self, root: Path, bad: list[InputError] | None = None) -> list[VideoSource]:
        """Find every ``sceneXXXX_YY_vert.npy`` or ``_vh_clean_2.ply``, sorted; see ``Reader``."""
        paths = self._paths(root)
        names = [_name(path) for path in paths]
        splits = self._lists.splits(root, names) if self.labelled else dict.fromkeys(names, "test")
        found = collect_sources(
            [path for path in sorted(paths) if _name(path) in splits],
            lambda path: self._describe(path, splits[_name(path)]),
            bad,
        )
        if not found and not bad:
            raise InputError(f"{root}: holds no scene0000_00{MESH} and no scene0000_00{ARRAYS}")
        return found

    def _paths(self, root: Path) -> list[Path]:
        if root.is_file() and not self.labelled and root.name.endswith((ARRAYS, MESH)):
            return [root]
        if not root.is_dir():
            raise InputError(f"{root}: no such folder; give the folder that holds scene0000_00")
        paths: list[Path] = []
        for folder, inside, names in walk(root):
            inside[:] = [n for n in inside if not n.startswith(".")]  # partial ones of `pcv synth`
            paths += [Path(folder, name) for name in names if name.endswith((ARRAYS, MESH))]
        return paths

    def count_frames(self, source: VideoSource) -> int:
        """Return 1: a room is one frame."""
        return 1

    def read_video(self, source: VideoSource) -> Video:
        """Read a room as points in metres; see ``Reader``."""
        arrays = source.path.name.endswith(ARRAYS)
        read = scannet_arrays.read_room if arrays else scannet_mesh.read_room
        room = read(source, self.classes)
        spare = self.unlabelled or not self.labelled
        classes, unknown = self._classes(room)
        video = room_video(source, room, classes, unlabelled=spare)
        lines = [
            f"{room.labels_from.name}: {count} points of id {one}, which is no class, ignored"
            for one, count in unknown.items()
        ]
        return video._replace(left_out=tuple(lines))

    def _classes(self, room: RawRoom) -> tuple[NDArray[np.int16] | None, dict[int, int]]:
        """Turn labels into classes; ids that are none are ignored, as by the benchmark.

        Published scans have a few vertices of the ids 50 and 149, which NYU40 does not have.
        Of the many ids of the label table, all but 200 are ignored without a count.
        """
        if room.labels is None:
            return None, {}
        ids: NDArray[np.integer] = room.labels
        if self.classes == 200:
            table = np.array(self.labels.table)
            known = np.isin(ids, np.flatnonzero(table != -2))
            ids = np.where(known, ids, 0)
        ids, unknown = self.labels.known_or_ignored(ids)
        return self.labels.classes(ids, room.labels_from, "copy it again"), unknown

    def _describe(self, path: Path, split: str) -> VideoSource:
        match = NAME.fullmatch(_name(path))
        if match is None:
            raise RawFileError(
                path, "its name does not say which scan it is", "expected scene0000_00..."
            )
        arrays = path.name.endswith(ARRAYS)
        files = [path]
        if self.labelled:
            mesh, array = scannet_mesh.files_of, scannet_arrays.files_of
            files = array(path) if arrays else mesh(path, self.root)
        return VideoSource(
            path, match[0], -1, int(match[1]), int(match[2]), split, files=tuple(files)
        )


def _name(path: Path) -> str:
    return path.name.removesuffix(ARRAYS).removesuffix(MESH)
