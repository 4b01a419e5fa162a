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
from typing import Annotated, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from pydantic.dataclasses import dataclass

from pcv.clip import COLOUR, LABELS, Video, VideoSource
from pcv.data.files.arrays import pick, read_arrays
from pcv.data.files.checked import check_finite, read_bytes
from pcv.data.files.png import read_png
from pcv.data.raw.frames import Frame, lazy_video, numbered_files
from pcv.data.raw.listing import collect, list_folders_holding
from pcv.data.raw.marks import Noted, Text
from pcv.data.raw.reader import OPTIONS, DatasetReader, Sign, StoreDefaults
from pcv.data.raw.words import names
from pcv.errors import InputError, RawFileError

NAME = re.compile(r"SYNTHIA-SEQS-(\d{2})-([A-Z]+)")
PROCESSED = re.compile(r"(SYNTHIA-SEQS-\d{2}-[A-Z]+)-(\d{6})\.npz")
CAMERA = "Stereo_Left"
VIEWS = ("Omni_B", "Omni_F", "Omni_L", "Omni_R")
REACH = 25.0  # metres, Chebyshev, around the camera
THINNING = 16
COLUMNS = {"labels": LABELS, "colour": COLOUR}
CLASS_NAMES = (
    "building", "road", "sidewalk", "fence", "vegetation", "pole", "car", "traffic sign",
    "pedestrian", "bicycle", "lane marking", "traffic light",
)  # fmt: skip
RAW_IDS = (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 15)  # of the classes, in order
LEFT_OUT = (1, 13, 14)  # sky and two reserved ids: no points are made of them
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
Sequences = Annotated[
    tuple[str, ...],
    Field(description="Instead of the published split; others train."),
    Text("05-FOG", names),
]


class Camera(NamedTuple):
    """``CameraParams/intrinsics.txt``, pixels."""

    focal: float
    centre: tuple[float, float]


@dataclass(frozen=True, config=OPTIONS)
class Synthia(DatasetReader):
    """Reads raw sequences, or MeteorNet's processed files; a sequence is a video.

    Args:
        points: Points kept of a raw frame.
        seed: Of the random thinning.
        validation: Sequences such as ``05-FOG``; with ``test``, instead of the published split.
        test: Sequences that test; all others train.
    """

    points: Annotated[int, Field(ge=0), Noted(key="kept")] = 16384
    seed: Annotated[int, Field(ge=0, description="Of the random thinning.")] = 0
    validation: Sequences = ()
    test: Sequences = ()

    dataset = "synthia"
    summary = "SYNTHIA video sequences, raw or as MeteorNet's processed .npz files."
    example = "pcv prepare synthia SYNTHIA stores/synthia"
    stored = StoreDefaults(points=16384, dtype="float32", step=2**-8)
    signs = (Sign(NAME, folder=True), Sign(PROCESSED))
    predict_options = ("points", "seed")
    predict_always: ClassVar = {"test": ("none",)}  # sequences that are in no split
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
        """Find raw sequences, or processed frames by sequence, sorted; see ``Reader``."""
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
        return collect(
            [root / name for name in groups], lambda p: self._processed(p, groups[p.name]), bad
        )

    def count_frames(self, source: VideoSource) -> int:
        """Return the number of frames."""
        return len(_frames(source))

    def read_video(self, source: VideoSource) -> Video:
        """Read a sequence as points of the world; see ``Reader``.

        What is kept of a raw frame is small and costs four views to make, so it stays in memory.
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

    def _read_raw(self, source: VideoSource, camera: Camera, file: str) -> Frame:
        from pcv.data.farthest_order import farthest_order  # brings Numba, which takes long

        scene, centre = read_scene(source.path, camera, file)
        rng = np.random.default_rng([self.seed, zlib.crc32(source.name.encode()), int(file[:-4])])
        kept = thin(scene.points, centre, rng)
        if not len(kept):
            raise RawFileError(
                source.path / "Depth" / CAMERA / VIEWS[0] / file,
                f"fewer than {THINNING} points within {REACH:.0f} m of the camera",
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
                files += _files_of(folder, view, path.name)
        missing = [file for file in files if not file.is_file()]
        if missing:
            raise RawFileError(
                missing[0], f"missing, with {len(missing) - 1} more", "copy the sequence again"
            )
        return VideoSource(folder, folder.name, -1, number, 0, split, files=tuple(files))

    def _processed(self, path: Path, files: list[Path]) -> VideoSource:
        if path.suffix == ".npz":
            raise RawFileError(
                files[0], "the name is no frame", "expected e.g. SYNTHIA-SEQS-01-DAWN-000000.npz"
            )
        number, split = self._sequence(path, path.name)
        found: dict[str, Path] = {}
        for file in sorted(files, key=lambda p: p.name):
            if file.name in found:
                raise RawFileError(file, f"the same frame as {found[file.name]}", "keep one")
            found[file.name] = file
        return VideoSource(path, path.name, -1, number, 0, split, files=tuple(found.values()))

    def _sequence(self, path: Path, name: str) -> tuple[int, str]:
        match = NAME.fullmatch(name)
        if match is None:
            raise RawFileError(path, "the name is no sequence", "expected SYNTHIA-SEQS-01-DAWN")
        short = f"{match[1]}-{match[2]}"
        if self.validation or self.test:
            inside = "validation" if short in self.validation else "train"
            return int(match[1]), "test" if short in self.test else inside
        for split, listed in (("train", TRAIN), ("validation", VALIDATION), ("test", TEST)):
            if short in listed:
                return int(match[1]), split
        raise RawFileError(path, "in none of the published splits", "move it out or give --test")


def read_intrinsics(path: Path) -> Camera:
    """Read the focal length (line 1) and the principal point (lines 3 and 5).

    Raises:
        RawFileError: Not readable, too short or no positive numbers.
    """
    lines = read_bytes(path).decode("ascii", "replace").splitlines()
    try:
        focal, x, y = (float(lines[index]) for index in (0, 2, 4))
        if not (np.isfinite([focal, x, y]).all() and focal > 0):
            raise ValueError
    except (ValueError, IndexError):
        raise RawFileError(
            path, "no focal length and principal point in lines 1, 3 and 5", "copy it again"
        ) from None
    return Camera(focal, (x, y))


def read_pose(path: Path) -> NDArray[np.float64]:  # (4, 4)
    """Read a pose, 16 numbers column by column, and turn it into camera-to-world.

    The files hold the translation with its sign changed.

    Raises:
        RawFileError: Not readable, or not 16 finite numbers.
    """
    words = read_bytes(path).decode("ascii", "replace").split()
    try:
        matrix = np.array(words, np.float64).reshape(4, 4).T.copy()
        if not np.isfinite(matrix).all():
            raise ValueError
    except ValueError:
        raise RawFileError(path, "not 16 numbers", "copy it again") from None
    matrix[:3, 3] *= -1
    return matrix


def read_scene(folder: Path, camera: Camera, file: str) -> tuple[Frame, NDArray[np.float64]]:
    """Put the four views of a frame into the world, cropped, and tell where the camera is (3,).

    Raises:
        RawFileError: A file is damaged, of another size, or has an unknown class id.
    """
    views, centre = [], np.zeros(3)
    for view in VIEWS:
        depth_file, rgb_file, label_file, pose_file = _files_of(folder, view, file)
        pose = read_pose(pose_file)
        centre = pose[:3, 3]
        depth = _channels(depth_file)[:, :, -1]  # the blue of 16-bit colour
        rgb, raw = _channels(rgb_file), _channels(label_file)[:, :, 0]
        for other, image in ((rgb_file, rgb), (label_file, raw)):
            if image.shape[:2] != depth.shape:
                raise RawFileError(
                    other, f"size {image.shape[:2]}, its depth has {depth.shape}", "copy it again"
                )
        if rgb.shape[2] < 3 or rgb.dtype != np.uint8:
            raise RawFileError(rgb_file, "no 8-bit colour image", "expected RGB of 8 bits")
        points = _place(depth, camera, pose)
        near = (np.abs(points - centre).max(axis=1) < REACH) & ~np.isin(raw, LEFT_OUT).ravel()
        labels = to_classes(raw.ravel()[near].astype(np.int64), label_file)
        colour = rgb[:, :, :3].reshape(-1, 3)[near]
        views.append((points[near], labels, colour))
    points = np.concatenate([view[0] for view in views])
    labels = np.concatenate([view[1] for view in views])
    colour = np.concatenate([view[2] for view in views])
    return Frame(points.astype(np.float32), {"labels": labels, "colour": colour}), centre


def thin(
    points: NDArray[np.float32], centre: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Draw a sixteenth without replacement, the chance in proportion to the distance.

    The smallest of exponential times with those rates are such a draw, in its order.
    """
    distance = np.linalg.norm(points - centre, axis=1)
    with np.errstate(divide="ignore"):
        times = rng.standard_exponential(len(points)) / distance
    count = len(points) // THINNING
    return np.argsort(times, kind="stable")[:count]


def to_classes(raw: NDArray[np.integer], path: Path) -> NDArray[np.int16]:
    """Turn SYNTHIA's ids into classes; void, sky and reserved ids become -1.

    Raises:
        RawFileError: An id is unknown; names ``path``.
    """
    table = np.full(16, -1, np.int16)
    table[list(RAW_IDS)] = np.arange(len(RAW_IDS))
    if len(raw) and not 0 <= raw.min() <= raw.max() < len(table):
        wrong = raw.max() if raw.max() >= len(table) else raw.min()
        raise RawFileError(path, f"unknown class id {wrong}", "expected ids 0 to 15")
    return table[raw]


def _place(
    depth: NDArray[np.generic], camera: Camera, pose: NDArray[np.float64]
) -> NDArray[np.float64]:  # (H W, 3)
    z = depth.astype(np.float64) / 100
    row, column = np.indices(depth.shape)
    x = -(column - camera.centre[0]) / camera.focal * z
    y = (row - camera.centre[1]) / camera.focal * z
    placed: NDArray[np.float64] = np.stack([x, y, z], -1).reshape(-1, 3) @ pose[:3, :3].T
    return placed + pose[:3, 3]


def _channels(path: Path) -> NDArray[np.generic]:  # (H, W, channels)
    image = read_png(path)
    return image.reshape(*image.shape[:2], -1)


def _files_of(folder: Path, view: str, file: str) -> tuple[Path, Path, Path, Path]:
    place = Path(CAMERA) / view
    return (
        folder / "Depth" / place / file,
        folder / "RGB" / place / file,
        folder / "GT" / "LABELS" / place / file,
        folder / "CameraParams" / place / f"{file.removesuffix('.png')}.txt",
    )


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
        raise RawFileError(path, "rgb beyond 0 to 1, or no whole class ids", "check what wrote it")
    labels = to_classes(raw.astype(np.int64), path)
    return Frame(points, {"labels": labels, "colour": np.round(colour * 255).astype(np.uint8)})
