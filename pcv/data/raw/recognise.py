"""Which format a path has, which the names of its files and folders tell."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import NamedTuple

from pcv.clip import VideoSource
from pcv.data.raw import READERS, find_reader, reader_names
from pcv.data.raw.listing import walk
from pcv.data.raw.reader import DatasetReader, Sign
from pcv.errors import InputError, PluginError, RawFileError

MOST_FOLDERS = 2000  # that are looked into before a weak sign must do
STORE = Sign(re.compile(r"zarr\.json"))
Signs = list[tuple[str, Sign]]  # a format and a sign of it; the first that fits counts


class Recognised(NamedTuple):
    """A format, and the path that told it."""

    format: str
    found: Path


def recognise(path: Path) -> Recognised:
    """Tell the format of a recording, of a folder of recordings or of a store by their names.

    Raises:
        InputError: The path is not there, or holds nothing that any reader knows.
    """
    if not path.exists():
        raise InputError(f"{path}: no such file or folder")
    signs = _signs()
    if path.is_file():
        found = _told(path, signs, folder=False) or _told(path, signs, folder=False, last=True)
    else:
        found = _told(path, signs, folder=True) or _inside(path, signs)
    if found is None:
        raise InputError(
            f"{path}: holds nothing that pcv reads; see pcv prepare --help, or give --format"
        )
    return found


def _signs() -> Signs:
    """Return the signs of all formats; those of a broken package are left out."""
    found: Signs = [("store", STORE)]
    for name in reader_names():
        try:
            kind = find_reader(name)
        except PluginError:
            kind = READERS.get(name)  # its recordings are refused when they are to be read
        found += [(name, sign) for sign in kind.signs] if kind else []
    return found


def _inside(path: Path, signs: Signs) -> Recognised | None:
    """Return what the first name inside tells; where none does, what the first weak sign tells."""
    least: Recognised | None = None
    for folder, folders, files in itertools.islice(walk(path), MOST_FOLDERS):
        folders.sort()
        for names, are_folders in ((sorted(files), False), (folders, True)):
            for name in names:
                found = _told(Path(folder, name), signs, folder=are_folders)
                if found:
                    return found
                least = least or _told(Path(folder, name), signs, folder=are_folders, last=True)
    return least


def _told(path: Path, signs: Signs, *, folder: bool, last: bool = False) -> Recognised | None:
    for name, sign in signs:
        if (sign.folder, sign.last) == (folder, last) and sign.name.fullmatch(path.name):
            return Recognised(name, path)
    return None


def list_recordings(
    reader: DatasetReader, path: Path, bad: list[InputError] | None = None
) -> list[VideoSource]:
    """Find the recordings at a path: one recording, or a folder of them.

    Args:
        reader: The reader of the format.
        path: The path that a user gives.
        bad: Collects the errors of what cannot be used; without it the first one is raised.

    Raises:
        InputError: There is no recording, or (without ``bad``) one that cannot be used.
    """
    single = reader.alone(path)
    if single:
        return [single]
    path = path.absolute()
    root = _root(path, reader.below_lists)
    if root == path:
        found = reader.list_videos(path, bad)
        # A reader that was made for a folder also lists what lies beside a file.
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
    """Return the folder of the lists that a recording is on, or the path where there are none."""
    for depth in range(len(layout), 0, -1):
        parts = path.parts[-depth:]
        if len(parts) == depth and all(map(re.fullmatch, layout, parts)):
            return path.parents[depth - 1]
    return path
