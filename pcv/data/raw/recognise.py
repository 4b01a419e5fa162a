"""Which format a path is of, told by its names."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import NamedTuple

from pcv.clip import VideoSource
from pcv.data.files.cloud_files import SUFFIXES
from pcv.data.raw import msr, ntu, nvgesture, s3dis, scannet, shrec, synthia, utd
from pcv.data.raw.folder import VideoFolders
from pcv.data.raw.listing import walk
from pcv.data.raw.reader import Reader
from pcv.errors import InputError, RawFileError

MOST_FOLDERS = 2000  # looked into before what has been seen must do
LAYOUTS = {  # from the folder of the lists to a recording
    "nvgesture": ("Video_data", r"class_\d+", r"subject\d+_r\d+", re.escape(nvgesture.FILM)),
    "shrec": (r"gesture_\d+", r"finger_\d+", r"subject_\d+", r"essai_\d+"),
}


class Sign(NamedTuple):
    """A name that tells a format."""

    format: str
    name: re.Pattern[str]
    folder: bool  # of a folder, else of a file


SIGNS = (
    Sign("store", re.compile(r"zarr\.json"), False),
    Sign("utd", utd.NAME, False),
    Sign("msr", msr.NAME, False),
    Sign("ntu", ntu.NAME, True),
    Sign("nvgesture", re.compile(re.escape(nvgesture.FILM)), False),
    *(Sign("nvgesture", pattern, False) for pattern in nvgesture.LISTS.values()),
    *(Sign("shrec", pattern, False) for pattern in shrec.LISTS.values()),
    Sign("shrec", re.compile(re.escape(shrec.BOXES)), False),
    Sign("kitti", re.compile("velodyne"), True),
    Sign("synthia", synthia.NAME, True),
    Sign("synthia", synthia.PROCESSED, False),
    Sign("scannet", re.compile(rf"{scannet.NAME.pattern}.*"), False),
    Sign("scannet", scannet.NAME, True),
    Sign("rgbd", re.compile(r"frame-\d+\.(pose\.txt|depth\.png)"), False),  # 7-Scenes
    Sign("rgbd", re.compile(r"groundtruth\.txt|.*\.sens"), False),  # TUM, ScanNet
    Sign("s3dis", s3dis.AREA, True),
    Sign("s3dis", re.compile("Annotations"), True),
)


class Guess(NamedTuple):
    """A format, and what told it."""

    format: str
    found: Path


def recognise(path: Path) -> Guess:
    """Guess the format of a recording, of a folder of recordings or of a store.

    Raises:
        InputError: Nothing there, or nothing that any reader knows.
    """
    if not path.exists():
        raise InputError(f"{path}: no such file or folder")
    if path.is_file():
        found = _sign(path, folder=False) or _cloud(path)
    else:
        found = _sign(path, folder=True) or _inside(path)
    if found is None:
        raise InputError(
            f"{path}: holds nothing that pcv reads; see pcv prepare --help, or give --format"
        )
    return found


def _inside(path: Path) -> Guess | None:
    """What the first name that tells a format says; where there is none, clouds or images."""
    clouds: Guess | None = None
    for folder, folders, files in itertools.islice(walk(path), MOST_FOLDERS):
        folders.sort()
        for name in sorted(files):
            place = Path(folder, name)
            found = _sign(place, folder=False)
            if found:
                return found
            clouds = clouds or _cloud(place)
        signs = (_sign(Path(folder, name), folder=True) for name in folders)
        found = next((sign for sign in signs if sign), None)
        if found:
            return found
    return clouds


def _sign(path: Path, *, folder: bool) -> Guess | None:
    for sign in SIGNS:
        if sign.folder == folder and sign.name.fullmatch(path.name):
            return Guess(sign.format, path)
    return None


def _cloud(path: Path) -> Guess | None:
    known = path.suffix.lower() in SUFFIXES and not path.name.startswith(".")
    return Guess("folder", path) if known else None


def list_recordings(
    reader: Reader, path: Path, bad: list[InputError] | None = None
) -> list[VideoSource]:
    """Find the recordings at a path: one recording, or a folder of them.

    Args:
        reader: Of the format.
        path: Given by a user.
        bad: Collects what cannot be used; without it the first is raised.

    Raises:
        InputError: None there, or (without ``bad``) one that cannot be used.
    """
    if isinstance(reader, VideoFolders) and (path.is_file() or reader.holds_frames(path)):
        return [reader.alone(path)]
    path = path.absolute()
    root = _root(path, LAYOUTS.get(reader.dataset, ()))
    if root == path:
        found = reader.list_videos(path, bad)
        # A reader that is told its folder lists what lies beside a file, too.
        alone = [each for each in found if path.samefile(each.path)] if path.is_file() else found
        if found and not alone:
            raise InputError(f"{path}: no recording of {reader.dataset}; is it a part of one?")
        return alone
    amiss: list[InputError] = []
    mine = [s for s in reader.list_videos(root, amiss) if path in (s.path, *s.path.parents)]
    wrong = [e for e in amiss if isinstance(e, RawFileError) and path in (e.path, *e.path.parents)]
    if wrong and bad is None:
        raise wrong[0]
    if bad is not None:
        bad += wrong
    if not mine and not wrong:
        raise InputError(f"{path}: on no list of {root}; is it a recording?")
    return mine


def _root(path: Path, layout: tuple[str, ...]) -> Path:
    """The folder of the lists that a recording is on, from where it lies below them."""
    for depth in range(len(layout), 0, -1):
        parts = path.parts[-depth:]
        if len(parts) == depth and all(map(re.fullmatch, layout, parts)):
            return path.parents[depth - 1]
    return path
