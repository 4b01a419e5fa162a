"""SemanticKITTI (Behley et al., ICCV 2019): one folder of LiDAR scans per sequence."""

from __future__ import annotations

import hashlib
import re
from functools import cached_property
from pathlib import Path
from typing import Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from pydantic.dataclasses import dataclass

from pcv.clip import LABELS, Video, VideoSource
from pcv.data.files.checked import check_finite, read_bytes
from pcv.data.files.lidar_scan import read_scan
from pcv.data.raw.frames import Frame, lazy_video, numbered_files
from pcv.data.raw.label_map import LabelMap, MappedClasses, read_label_map
from pcv.data.raw.listing import list_folders_holding
from pcv.data.raw.marks import Named, Text
from pcv.data.raw.reader import OPTIONS, DatasetReader, Sign, StoreDefaults
from pcv.data.raw.words import split_names
from pcv.errors import InputError, RawFileError

NAME = re.compile(r"\d{2}")
SCAN, LABEL = ".bin", ".label"
CAMERA_AXES = np.array([[0, -1, 0], [0, 0, -1], [1, 0, 0]], np.float64)  # from forward, left, up
COLUMNS = {"labels": LABELS}
DEFAULT_MAP = Path(__file__).with_name("semantic_kitti.yaml")
Sequences = Annotated[
    tuple[int, ...],
    Text(
        "08,10",
        lambda text: tuple(int(word) for word in split_names(text)),
        "sequence numbers such as 08,10",
    ),
]


@dataclass(frozen=True, config=OPTIONS)
class SemanticKitti(MappedClasses, DatasetReader):
    """Reads SemanticKITTI; a sequence is a video, and beams that did not return make no points.

    The label map also says which sequences train, validate and test, unless options do.
    """

    label_map: Annotated[
        Path | None,
        Field(description="Label map in the keys of semantic-kitti.yaml; default: that one."),
        Named("labels"),
    ] = None
    world: Annotated[bool, Field(description="Undo the motion of the scanner, by poses.txt.")] = (
        False
    )
    validation: Annotated[
        Sequences, Field(description="Sequences that validate, instead of the published split.")
    ] = ()
    test: Annotated[
        Sequences, Field(description="Sequences that test, likewise; all others train.")
    ] = ()
    labelled: bool = True  # read labels where there are some

    dataset = "kitti"
    summary = "SemanticKITTI: sequences/NN with velodyne, labels, poses.txt and calib.txt."
    example = "pcv prepare kitti dataset stores/kitti --world"
    stored = StoreDefaults(points=16384, step=2**-8)
    signs = (Sign(re.compile("velodyne"), folder=True),)
    predict_options = ("world",)
    predict_always: ClassVar = {
        "test": (-1,),
        "labelled": False,
    }  # so that sequences of no split are read
    columns = COLUMNS

    @cached_property
    def labels(self) -> LabelMap:
        """The label map, read once."""
        return read_label_map(self.label_map or DEFAULT_MAP)

    def settings(self) -> dict[str, float | str]:
        """Return the options that change the store."""
        chosen = f"validation {self.validation} test {self.test}"
        split = chosen if self.validation or self.test else "published"
        digest = hashlib.sha256(repr(self.labels).encode()).hexdigest()[:12]
        return self.noted("world") | {"split": split, "label_map": digest}

    def list_videos(self, root: Path, bad: list[InputError] | None = None) -> list[VideoSource]:
        """Find every ``NN`` that has a folder ``velodyne``, sorted; see ``Reader``."""
        return list_folders_holding(root, "velodyne", "sequences/00/velodyne", self._describe, bad)

    def count_frames(self, source: VideoSource) -> int:
        """Return the number of scans."""
        return len(_scans(source))

    def read_video(self, source: VideoSource) -> Video:
        """Read a sequence, scan by scan, as points in metres; see ``Reader``."""
        scans = _scans(source)
        poses = _poses(source, scans) if self.world else None

        def load(index: int) -> Frame:
            points, labels = self._read_scan(scans[index])
            if poses is not None:
                points = points @ poses[index, :3, :3].T + poses[index, :3, 3]
            return Frame((points @ CAMERA_AXES.T).astype(np.float32), {"labels": labels})

        return lazy_video(source, load, len(scans), ("labels",))

    def _describe(self, folder: Path) -> VideoSource:
        if not NAME.fullmatch(folder.name):
            raise RawFileError(folder, "its name is no sequence number", "expected e.g. 00")
        number = int(folder.name)
        scans = numbered_files(folder / "velodyne", SCAN)
        files = [*scans.values()]
        if self.labelled and (folder / "labels").is_dir():
            files += _label_files(folder / "labels", scans)
        if self.world:
            files += [folder / "calib.txt", folder / "poses.txt"]
        return VideoSource(
            folder, folder.name, -1, number, 0, self._split(folder, number), files=tuple(files)
        )

    def _split(self, folder: Path, number: int) -> str:
        if self.validation or self.test:
            inside = "validation" if number in self.validation else "train"
            return "test" if number in self.test else inside
        if number not in self.labels.split:
            raise RawFileError(
                folder, f"its sequence {number} is in no split of the label map", "give --test"
            )
        return self.labels.split[number]

    def _read_scan(self, path: Path) -> tuple[NDArray[np.float64], NDArray[np.int16]]:
        file = path.parents[1] / "labels" / f"{path.stem}{LABEL}"
        raw = _read_labels(file) if self.labelled and file.parent.is_dir() else None
        points = read_scan(path, None if raw is None else len(raw))[:, :3].astype(np.float64)
        check_finite(path, points)
        labels = np.full(len(points), -1, np.int16)
        if raw is not None:
            if len(raw) != len(points):
                raise RawFileError(
                    file, f"has {len(raw)} labels for {len(points)} points", "copy both again"
                )
            labels = self.labels.classes((raw & 0xFFFF).astype(np.int64), file)
        returned = (points != 0).any(axis=1)
        return points[returned], labels[returned]


def _scans(source: VideoSource) -> list[Path]:
    return [path for path in source.files if path.name.endswith(SCAN)]


def _label_files(folder: Path, scans: dict[int, Path]) -> list[Path]:
    files = [folder / f"{path.stem}{LABEL}" for path in scans.values()]
    for file in files:
        if not file.is_file():
            raise RawFileError(
                file, "is missing, though its scan is there", "copy it, or remove all labels"
            )
    return files


def _read_labels(path: Path) -> NDArray[np.uint32]:  # (n,)
    data = read_bytes(path)
    if not data or len(data) % 4:
        raise RawFileError(
            path, f"has {len(data)} bytes, expected a positive multiple of 4", "copy it again"
        )
    return np.frombuffer(data, "<u4")


def _poses(source: VideoSource, scans: list[Path]) -> NDArray[np.float64]:  # (scans, 4, 4)
    """Return the motion from each scan to the first: poses are the camera's, ``Tr`` leads to it."""
    calibration = _matrices(source.path / "calib.txt", "Tr:")
    if len(calibration) != 1:
        raise RawFileError(source.path / "calib.txt", "has no line of Tr", "copy it again")
    camera = _matrices(source.path / "poses.txt", "")
    wanted = max(int(path.stem) for path in scans)
    if wanted >= len(camera):
        raise RawFileError(
            source.path / "poses.txt", f"has {len(camera)} poses, none of scan {wanted}", "copy it"
        )
    found: NDArray[np.float64] = np.linalg.inv(calibration[0]) @ camera @ calibration[0]
    return found[[int(path.stem) for path in scans]]


def _matrices(path: Path, key: str) -> NDArray[np.float64]:  # (lines, 4, 4)
    lines = read_bytes(path).decode("ascii", "replace").splitlines()
    rows = [line.removeprefix(key).split() for line in lines if line.strip()[: len(key)] == key]
    rows = [row for row in rows if row]
    try:
        values = np.array(rows, np.float64).reshape(-1, 3, 4)
        if not np.isfinite(values).all():
            raise ValueError("not finite")
    except ValueError:
        raise RawFileError(path, "has a line that is not 12 numbers", "copy it again") from None
    last = np.broadcast_to(np.array([[[0.0, 0.0, 0.0, 1.0]]]), (len(values), 1, 4))
    return np.concatenate([values, last], axis=1)
