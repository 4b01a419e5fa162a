"""SYNTHIA video sequences (Ros et al., CVPR 2016) as labelled, coloured points of one world.

The conversion is MeteorNet's (Liu et al., ICCV 2019), on whose files the field trains: of every
frame the four omnidirectional views of the left camera go through depth and pose into the world,
25 m around the camera are cut out, a sixteenth is kept with a chance that grows with distance,
and of that 16,384 points by farthest point sampling. Its processed ``.npz`` files are read too.
"""

from __future__ import annotations

import re
import zlib
from pathlib import Path
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field
from pydantic.dataclasses import dataclass

from pcv.clip import COLOUR, LABELS, Video, VideoSource
from pcv.data.files.arrays import pick, read_arrays
from pcv.data.files.checked import check_finite
from pcv.data.raw.frames import Frame, lazy_video, numbered_files
from pcv.data.raw.listing import collect_sources, list_folders_holding
from pcv.data.raw.marks import Noted, Text
from pcv.data.raw.reader import OPTIONS, DatasetReader, Sign, StoreDefaults
from pcv.data.raw.synthia_views import (
    CAMERA,
    REACH,
    THINNING,
    VIEWS,
    Intrinsics,
    files_of,
    read_intrinsics,
    read_views,
    thin,
    to_classes,
)
from pcv.data.raw.words import split_names
from pcv.errors import InputError, RawFileError

NAME = re.compile(r"SYNTHIA-SEQS-(\d{2})-([A-Z]+)")
PROCESSED = re.compile(r"(SYNTHIA-SEQS-\d{2}-[A-Z]+)-(\d{6})\.npz")
COLUMNS = {"labels": LABELS, "colour": COLOUR}
CLASS_NAMES = (
    "building", "road", "sidewalk", "fence", "vegetation", "pole", "car", "traffic sign",
    "pedestrian", "bicycle", "lane marking", "traffic light",
)  # fmt: skip
# Share of each class in the published training and test points, and the loss weights that go with
# it: 1 / ln(1.2 + frequency), divided by the least. Scoring weighs every class alike.
CLASS_FREQUENCY = (
    0.416347, 0.270832, 0.114028, 0.029478, 0.088392, 0.016270, 0.033469, 0.002191, 0.003251,
    0.000360, 0.024561, 0.000820,
)  # fmt: skip
CLASS_WEIGHT = (
    1.0000, 1.2445, 1.7582, 2.3243, 1.8949, 2.4525, 2.2884, 2.6075, 2.5951, 2.6293, 2.3702, 2.6238,
)  # fmt: skip
# Frames of every sequence in the published split.
TRAIN = {
    "01-DAWN": 1451, "01-FALL": 1171, "01-NIGHT": 935, "01-SUMMER": 944, "01-WINTER": 1027,
    "01-WINTERNIGHT": 964, "02-DAWN": 941, "02-FALL": 742, "02-NIGHT": 719, "02-RAINNIGHT": 823,
    "02-SOFTRAIN": 1004, "02-SUMMER": 888, "02-WINTER": 1022, "04-DAWN": 850, "04-FALL": 911,
    "04-NIGHT": 813, "04-RAINNIGHT": 1115, "04-SOFTRAIN": 936, "04-SUMMER": 900, "04-WINTER": 947,
    "04-WINTERNIGHT": 785,
}  # fmt: skip
VALIDATION = {"05-FOG": 815}
TEST = {"06-SPRING": 1045, "06-SUNSET": 841}
Sequences = Annotated[tuple[str, ...], Text("05-FOG", split_names)]


@dataclass(frozen=True, config=OPTIONS)
class Synthia(DatasetReader):
    """Reads raw sequences, or MeteorNet's processed files; a sequence is a video.

    ``points`` are kept of a raw frame: as many as ``pcv prepare`` stores.
    """

    points: Annotated[int, Field(ge=0), Noted(key="kept")] = 16384
    seed: Annotated[int, Field(ge=0, description="Seed of the random thinning.")] = 0
    validation: Annotated[
        Sequences, Field(description="Sequences that validate, instead of the published split.")
    ] = ()
    test: Annotated[
        Sequences, Field(description="Sequences that test, likewise; all others train.")
    ] = ()

    dataset = "synthia"
    summary = "SYNTHIA video sequences, raw or as MeteorNet's processed .npz files."
    example = "pcv prepare synthia SYNTHIA stores/synthia"
    stored = StoreDefaults(points=16384, dtype="float32", step=2**-8)
    signs = (Sign(NAME, folder=True), Sign(PROCESSED))
    predict_options = ("points", "seed")
    predict_always: ClassVar = {"test": ("none",)}  # so that sequences of no split are read
    class_names = CLASS_NAMES
    point_class_names = CLASS_NAMES
    axes = "the published world, y vertical"
    columns = COLUMNS

    def settings(self) -> dict[str, float | str]:
        """Return the options that change the store."""
        chosen = f"validation {', '.join(self.validation)}, test {', '.join(self.test)}"
        split = chosen if self.validation or self.test else "published"
        return self.noted("points", "seed") | {"split": split}

    def list_videos(self, root: Path, bad: list[InputError] | None = None) -> list[VideoSource]:
        """Find raw sequences, or the processed frames of sequences, sorted; see ``Reader``."""
        if not root.is_dir():
            raise InputError(f"{root}: no such folder; give the folder of SYNTHIA-SEQS-...")
        processed = sorted(root.rglob("*.npz"))
        if not processed:
            return list_folders_holding(
                root, f"Depth/{CAMERA}", f"SYNTHIA-SEQS-01-DAWN/Depth/{CAMERA}", self._raw, bad
            )
        groups: dict[str, list[Path]] = {}
        for path in processed:
            match = PROCESSED.fullmatch(path.name)
            groups.setdefault(match[1] if match else path.name, []).append(path)
        return collect_sources(
            [root / name for name in groups], lambda p: self._processed(p, groups[p.name]), bad
        )

    def count_frames(self, source: VideoSource) -> int:
        """Return the number of frames."""
        return len(_frames(source))

    def read_video(self, source: VideoSource) -> Video:
        """Read a sequence as points of the world; see ``Reader``.

        The points kept of a raw frame are few, and take four images to make: they stay in memory.
        """
        paths = _frames(source)
        if paths[0].suffix == ".npz":
            return lazy_video(
                source, lambda index: _read_npz(paths[index]), len(paths), (*COLUMNS,)
            )
        camera = read_intrinsics(source.path / "CameraParams" / "intrinsics.txt")
        frames = [self._read_raw(source, camera, path.name) for path in paths]
        columns = {name: [frame.columns[name] for frame in frames] for name in COLUMNS}
        return Video(source, [frame.points for frame in frames], columns)

    def _read_raw(self, source: VideoSource, camera: Intrinsics, file: str) -> Frame:
        from pcv.data.farthest_order import farthest_order  # brings Numba, which takes long

        scene, centre = read_views(source.path, camera, file)
        rng = np.random.default_rng([self.seed, zlib.crc32(source.name.encode()), int(file[:-4])])
        kept = thin(scene.points, centre, rng)
        if not len(kept):
            raise RawFileError(
                source.path / "Depth" / CAMERA / VIEWS[0] / file,
                f"has fewer than {THINNING} points within {REACH:.0f} m of the camera",
                "check depth and poses",
            )
        order = kept[farthest_order(scene.points[kept], min(self.points, len(kept)))]
        return Frame(scene.points[order], {n: v[order] for n, v in scene.columns.items()})

    def _raw(self, folder: Path) -> VideoSource:
        number, split = self._sequence(folder, folder.name)
        depth = numbered_files(folder / "Depth" / CAMERA / VIEWS[0], ".png")
        files = [folder / "CameraParams" / "intrinsics.txt"]
        for path in depth.values():
            for view in VIEWS:
                files += files_of(folder, view, path.name)
        missing = [file for file in files if not file.is_file()]
        if missing:
            raise RawFileError(
                missing[0],
                f"is missing, with {len(missing) - 1} others",
                "copy the sequence again",
            )
        return VideoSource(folder, folder.name, -1, number, 0, split, files=tuple(files))

    def _processed(self, path: Path, files: list[Path]) -> VideoSource:
        if path.suffix == ".npz":
            raise RawFileError(
                files[0],
                "its name is no name of a frame",
                "expected e.g. SYNTHIA-SEQS-01-DAWN-000000.npz",
            )
        number, split = self._sequence(path, path.name)
        found: dict[str, Path] = {}
        for file in sorted(files, key=lambda p: p.name):
            if file.name in found:
                raise RawFileError(file, f"is the same frame as {found[file.name]}", "keep one")
            found[file.name] = file
        return VideoSource(path, path.name, -1, number, 0, split, files=tuple(found.values()))

    def _sequence(self, path: Path, name: str) -> tuple[int, str]:
        match = NAME.fullmatch(name)
        if match is None:
            raise RawFileError(
                path, "its name is no name of a sequence", "expected e.g. SYNTHIA-SEQS-01-DAWN"
            )
        short = f"{match[1]}-{match[2]}"
        if self.validation or self.test:
            inside = "validation" if short in self.validation else "train"
            return int(match[1]), "test" if short in self.test else inside
        for split, listed in (("train", TRAIN), ("validation", VALIDATION), ("test", TEST)):
            if short in listed:
                return int(match[1]), split
        raise RawFileError(path, "is in none of the published splits", "move it out or give --test")


def _frames(source: VideoSource) -> list[Path]:
    """The file that stands for each frame: processed, or the depth of the first view."""
    if source.files[0].suffix == ".npz":
        return [*source.files]
    return [f for f in source.files if f.parent == source.path / "Depth" / CAMERA / VIEWS[0]]


def _read_npz(path: Path) -> Frame:
    arrays = read_arrays(path)
    points = pick(path, arrays, "pc", (None, 3)).astype(np.float32)
    check_finite(path, points)
    colour = pick(path, arrays, "rgb", (len(points), 3))
    raw = pick(path, arrays, "semantic", (len(points),))
    if raw.dtype.kind == "f" or not (colour.min(initial=0) >= 0 and colour.max(initial=0) <= 1):
        raise RawFileError(
            path, "has rgb beyond 0 to 1, or no whole class ids", "check what wrote it"
        )
    labels = to_classes(raw.astype(np.int64), path)
    return Frame(points, {"labels": labels, "colour": np.round(colour * 255).astype(np.uint8)})
