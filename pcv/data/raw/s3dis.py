"""S3DIS (Armeni et al., CVPR 2016): six areas of rooms, one text file per object."""

from __future__ import annotations

import re
from functools import cached_property
from pathlib import Path
from typing import Annotated, NamedTuple

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
# How systems name a copy of a file.
COPY = re.compile(
    r"(?:Copy of )?(.+?)(?: ?\(\d+\)| - Copy(?: \(\d+\))?| copy(?: \d+)?)?\.txt", re.I
)
# Bytes of numbers that lost bit 0x20 where they were written: 0x10 was a 0, 0x16 a 6, NUL a blank.
LOST = bytes([0x00, 0x0E, *range(0x10, 0x1A)])
FOUND = bytes(byte | 0x20 for byte in LOST)
DAMAGED = re.compile(rb"[^\t-\r -~]|\x0e")  # what no line of numbers has
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
        objects = [_read(path) for path in source.files]
        tables = [read.table for read in objects]
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
        mended = [
            f"{path.name}: {read.mended} damaged lines mended"
            for path, read in zip(source.files, objects, strict=True)
            if read.mended
        ]
        folder = source.path / "Annotations"
        copies = [f"{path.name}: a copy of {of.name}, left out" for path, of in _copies(folder)]
        video = room_video(source, room, labels, unlabelled=False)
        return video._replace(left_out=(*copies, *mended))

    def _describe(self, folder: Path) -> VideoSource:
        area = AREA.fullmatch(folder.parent.name)
        if area is None:
            raise RawFileError(folder, "is in no folder of an area", "expected Area_1/office_1")
        copies = {path for path, _ in _copies(folder / "Annotations")}
        files = sorted({*_texts(folder / "Annotations")} - copies)
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


def _copies(folder: Path) -> list[tuple[Path, Path]]:
    """Return the files that a system or a person copied beside their original, and that one."""
    named = ((path, COPY.fullmatch(path.name)) for path in sorted(_texts(folder)))
    pairs = [(path, path.with_name(f"{match[1]}.txt")) for path, match in named if match]
    return [(path, of) for path, of in pairs if path != of and of.is_file()]


def _texts(folder: Path) -> list[Path]:
    return [path for path in folder.glob("*.txt") if not path.name.startswith(".")]


class _Object(NamedTuple):
    table: NDArray[np.float64]  # (n, 6) x y z red green blue
    mended: int  # lines that were damaged


def _read(path: Path) -> _Object:
    """Read an object; the lines of the published files that lost a bit of a byte are mended."""
    data, mended = read_bytes(path), 0
    if DAMAGED.search(data):
        lines = data.splitlines()
        mended = sum(1 for line in lines if DAMAGED.search(line))
        data = b"\n".join(_mend(line) if DAMAGED.search(line) else line for line in lines)
    lines = [line for line in data.splitlines() if line.strip()]
    words = b" ".join(lines).split()
    if len(words) == 6 * len(lines):
        try:
            return _Object(np.array(words, np.float64).reshape(-1, 6), mended)
        except ValueError:
            pass
    number = next((i for i, line in enumerate(data.splitlines(), 1) if not _is_row(line)), 0)
    raise RawFileError(path, f"its line {number} is not x y z red green blue", "copy it again")


def _mend(line: bytes) -> bytes:
    """Give bytes the bit that they lost; where no row comes of it, they stood between numbers."""
    restored = line.translate(bytes.maketrans(LOST, FOUND))
    tried = (DAMAGED.sub(b" ", restored), DAMAGED.sub(b" ", line))
    return next((row for row in tried if len(row.split()) == 6 and _is_row(row)), line)


def _is_row(line: bytes) -> bool:
    words = line.split()
    try:
        return len(words) in (0, 6) and all(float(word) is not None for word in words)
    except ValueError:
        return False
