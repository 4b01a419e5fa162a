"""S3DIS (Armeni et al., CVPR 2016): six areas of rooms, one text file per object."""

from __future__ import annotations

import re
from functools import cached_property
from pathlib import Path
from typing import Annotated

import numpy as np
import yaml
from numpy.typing import NDArray
from pydantic import Field
from pydantic.dataclasses import dataclass

from pcv.clip import Video, VideoSource
from pcv.data.files.checked import read_bytes
from pcv.data.files.cloud import byte_colour
from pcv.data.raw.label_map import LabelMap, MappedClasses, read_label_map
from pcv.data.raw.listing import list_folders_holding
from pcv.data.raw.reader import OPTIONS, DatasetReader, Sign, StoreDefaults
from pcv.data.raw.room import COLUMNS, ORDERED, RawRoom, room_video
from pcv.errors import InputError, RawFileError

AREA = re.compile(r"Area_([1-6])")
OBJECT = re.compile(r"([A-Za-z]+)_\d+\.txt")
MAP = Path(__file__).with_name("s3dis.yaml")


@dataclass(frozen=True, config=OPTIONS)
class S3dis(MappedClasses, DatasetReader):
    """Reads S3DIS: the folders ``Annotations``, not the room files of the aligned version.

    An area is a subject, so ``train.test_subjects`` of a recipe can let another area of the same
    store test.
    """

    test_area: Annotated[
        int, Field(ge=1, le=6, description="The area that tests; all others train.")
    ] = 5

    dataset = "s3dis"
    summary = "S3DIS: Area_N/room_M/Annotations/*.txt, one file per object."
    example = "pcv prepare s3dis Stanford3dDataset stores/s3dis"
    stored = StoreDefaults(points=1 << 24, step=2**-10)
    signs = (Sign(AREA, folder=True), Sign(re.compile("Annotations"), folder=True))
    predict_options = ()
    columns = COLUMNS
    ordered = ORDERED

    @cached_property
    def labels(self) -> LabelMap:
        """The label map, read once."""
        return read_label_map(MAP)

    @cached_property
    def ids(self) -> dict[str, int]:
        """The id of every name with which the name of an annotation's file can begin."""
        named = yaml.safe_load(MAP.read_text(encoding="utf-8"))["labels"]
        return {name: number for number, name in named.items()}

    def list_videos(self, root: Path, bad: list[InputError] | None = None) -> list[VideoSource]:
        """Find every ``Area_N/room_M`` that has a folder ``Annotations``; see ``Reader``."""
        example = "Area_1/office_1/Annotations"
        return list_folders_holding(root, "Annotations", example, self._describe, bad)

    def count_frames(self, source: VideoSource) -> int:
        """Return 1: a room is one frame."""
        return 1

    def read_video(self, source: VideoSource) -> Video:
        """Read a room, object by object, as points in metres; see ``Reader``."""
        tables = [_read(path) for path in source.files]
        sizes = [len(table) for table in tables]
        table = np.concatenate(tables) if tables else np.empty((0, 6))
        ids = np.array([self._id(path) for path in source.files], np.int64)
        room = RawRoom(
            points=table[:, :3],
            colour=byte_colour(source.path, table[:, 3:], fractions=False),
            labels=np.repeat(ids, sizes),
            labels_from=source.path,
            instances=np.repeat(np.arange(len(tables)), sizes),
        )
        labels = self.labels.classes(np.repeat(ids, sizes), source.path)
        return room_video(source, room, labels, unlabelled=False)

    def _describe(self, folder: Path) -> VideoSource:
        area = AREA.fullmatch(folder.parent.name)
        if area is None:
            raise RawFileError(folder, "is in no folder of an area", "expected Area_1/office_1")
        files = sorted((folder / "Annotations").glob("*.txt"))
        if not files:
            raise RawFileError(folder / "Annotations", "holds no .txt file", "copy it again")
        for path in files:
            self._id(path)
        number = int(area[1])
        split = "test" if number == self.test_area else "train"
        name = f"{area[0]}/{folder.name}"
        return VideoSource(folder, name, -1, number, 0, split, files=tuple(files))

    def _id(self, path: Path) -> int:
        match = OBJECT.fullmatch(path.name)
        if match is None or match[1] not in self.ids:
            known = ", ".join(self.ids)
            raise RawFileError(path, "its name begins with no class", f"expected one of {known}")
        return self.ids[match[1]]


def _read(path: Path) -> NDArray[np.float64]:  # (n, 6) x y z red green blue
    """Read an object; the control character in two of the published files stands for a space."""
    data = read_bytes(path).replace(b"\x10", b" ")
    lines = [line for line in data.splitlines() if line.strip()]
    words = b" ".join(lines).split()
    if len(words) == 6 * len(lines):
        try:
            return np.array(words, np.float64).reshape(-1, 6)
        except ValueError:
            pass
    number = next((i for i, line in enumerate(data.splitlines(), 1) if not _is_row(line)), 0)
    raise RawFileError(path, f"its line {number} is not x y z red green blue", "copy it again")


def _is_row(line: bytes) -> bool:
    words = line.split()
    try:
        return len(words) in (0, 6) and all(float(word) is not None for word in words)
    except ValueError:
        return False
