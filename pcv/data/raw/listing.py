"""Finding recordings by their names."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from pcv.clip import VideoSource
from pcv.errors import InputError, RawFileError

Item = TypeVar("Item")
HIDDEN = (".", "__MACOSX")  # how names begin that are the system's, a packer's, or unfinished


def list_named(
    root: Path,
    suffix: str,
    pattern: re.Pattern[str],
    example: str,
    describe: Callable[[Path, re.Match[str]], VideoSource],
    bad: list[InputError] | None,
) -> list[VideoSource]:
    """List every file under ``root`` that ends in ``suffix``, sorted by name.

    Args:
        root: A folder, or one recording.
        suffix: The end of the names of recordings; other files are passed over.
        pattern: What the whole file name must match.
        example: A right name, for the error.
        describe: Makes a source of a match; raises RawFileError for numbers out of range.
        bad: Collects the errors; without it the first one is raised.

    Raises:
        InputError: The folder is not there, holds no such file, or a name is wrong or a duplicate.
    """
    if not root.exists():
        raise InputError(f"{root}: no such folder; give the folder that holds {example}")
    paths = _files(root, suffix) if root.is_dir() else [root]
    what = f"{suffix} file; expected names such as {example}"
    return _some(root, what, paths, lambda p: _describe(p, pattern, example, describe), bad)


def list_folders(
    root: Path,
    pattern: re.Pattern[str],
    example: str,
    describe: Callable[[Path, re.Match[str]], VideoSource],
    bad: list[InputError] | None,
) -> list[VideoSource]:
    """List every folder of images under ``root`` that is a recording, sorted by name.

    A folder whose name matches is not looked into: millions of frames are never listed at once.

    Args:
        root: The folder that is searched.
        pattern: What the whole name of a recording's folder matches.
        example: A right name, for the error.
        describe: Makes a source of a match; raises RawFileError for numbers out of range.
        bad: Collects the errors; without it the first one is raised.

    Raises:
        InputError: The folder is not there, holds no recording, has images elsewhere, or two
            recordings are the same.
    """
    if not root.is_dir():
        raise InputError(f"{root}: no such folder; give the folder that holds {example}")
    paths: list[Path] = []
    for parent, folders, names in walk(root):
        paths += [Path(parent, name) for name in folders if pattern.fullmatch(name)]
        # What is hidden is the system's, or a partial folder of `pcv synth`.
        folders[:] = [n for n in folders if not pattern.fullmatch(n) and not n.startswith(".")]
        if any(name.endswith(".png") for name in names):
            paths.append(Path(parent))
    what = f"folder of frames; expected names such as {example}"
    return _some(root, what, paths, lambda p: _describe(p, pattern, example, describe), bad)


def list_folders_holding(
    root: Path,
    inside: str,
    example: str,
    describe: Callable[[Path], VideoSource],
    bad: list[InputError] | None,
) -> list[VideoSource]:
    """List every folder under ``root`` that has a folder ``inside``, sorted by name.

    Args:
        root: The folder that is searched.
        inside: The folder that a recording's folder holds; ``a/b`` for a folder in a folder.
        example: A right path, for the error.
        describe: Makes a source of a folder; raises RawFileError for one that cannot be used.
        bad: Collects the errors; without it the first one is raised.

    Raises:
        InputError: The folder is not there, holds no recording, or two have one name.
    """
    if not root.is_dir():
        raise InputError(f"{root}: no such folder; give the folder that holds {example}")
    paths = [Path(folder) for folder, _, _ in walk(root) if (Path(folder) / inside).is_dir()]
    return _some(root, f"folder {inside}; expected {example}", paths, describe, bad)


def _some(
    root: Path,
    what: str,
    paths: list[Path],
    describe: Callable[[Path], VideoSource],
    bad: list[InputError] | None,
) -> list[VideoSource]:
    """Make sources of paths, of which there must be one."""
    found = collect_sources(sorted(paths, key=lambda path: (path.name, str(path))), describe, bad)
    if not found and not bad:
        raise InputError(f"{root}: holds no {what}")
    return found


def collect_sources(
    items: Iterable[Item],
    describe: Callable[[Item], VideoSource],
    bad: list[InputError] | None,
) -> list[VideoSource]:
    """Make sources of items, and sort them by name.

    Args:
        items: Paths, or lines of a list.
        describe: Makes a source of an item; raises RawFileError where it cannot.
        bad: Collects the errors; without it the first one is raised.

    Raises:
        RawFileError: ``describe`` raises it, or two items are the same recording.
    """
    found: dict[str, VideoSource] = {}
    for item in items:
        try:
            source = describe(item)
            if source.name in found:
                raise RawFileError(
                    source.path,
                    f"is the same recording as {found[source.name].path}",
                    "keep one of them",
                )
        except RawFileError as error:
            if bad is None:
                raise
            bad.append(error)
        else:
            found[source.name] = source
    return [found[name] for name in sorted(found)]


def list_frames(folder: Path, pattern: re.Pattern[str], example: str) -> list[Path]:
    """List the images of a recording, from names alone, in the order of their numbers.

    Args:
        folder: Holds one image per frame.
        pattern: What the name of an image matches; its first group is the frame's number.
        example: A right name, for the error.

    Raises:
        RawFileError: There is no image, one has another name, two are of one frame, or one is
            missing.
    """
    try:
        names = sorted(name for name in os.listdir(folder) if name.endswith(".png"))
    except OSError as error:
        raise RawFileError(folder, f"cannot be listed: {error.strerror}", "check it") from None
    frames: dict[int, str] = {}
    for name in names:
        if name.startswith("."):  # left by other systems
            continue
        match = pattern.fullmatch(name)
        if match is None:
            raise RawFileError(
                folder / name, "its name is no name of a frame", f"expected e.g. {example}"
            )
        number = int(match[1])
        if number in frames:
            raise RawFileError(
                folder / name,
                f"is frame {number} again, like {frames[number]}",
                "keep one of them",
            )
        frames[number] = name
    if not frames:
        raise RawFileError(folder, f"has no frame, expected e.g. {example}", "unpack it again")
    numbers = sorted(frames)
    if numbers[-1] - numbers[0] >= len(numbers):
        lost = next(n for n in range(numbers[0], numbers[-1]) if n not in frames)
        raise RawFileError(folder, f"frame {lost} is missing", "unpack it again")
    return [folder / frames[number] for number in numbers]


def _files(root: Path, suffix: str) -> list[Path]:
    return [
        Path(folder) / name
        for folder, _, names in walk(root)
        for name in names
        if name.endswith(suffix)
    ]


def walk(root: Path) -> Iterator[tuple[str, list[str], list[str]]]:
    """Walk a folder as ``os.walk`` does, also through links to folders, but never in a circle.

    What is hidden is passed over, below the folder that is given: other systems leave it, and
    packers. A caller may shorten the list of folders, as with ``os.walk``.

    Raises:
        InputError: A folder cannot be listed.
    """

    def refuse(error: OSError) -> None:
        raise InputError(f"{error.filename}: cannot be listed: {error.strerror}")

    return _walk(os.fspath(root), (os.path.realpath(root),), refuse)


def _walk(
    root: str, way: tuple[str, ...], refuse: Callable[[OSError], None]
) -> Iterator[tuple[str, list[str], list[str]]]:
    """Walk a folder; ``way`` has its real path and those of the links that led to it."""
    for folder, inside, names in os.walk(root, onerror=refuse):
        inside[:] = [name for name in inside if not name.startswith(HIDDEN)]
        yield folder, inside, [name for name in names if not name.startswith(HIDDEN)]
        for path in sorted(os.path.join(folder, name) for name in inside):
            if os.path.islink(path):
                here, real = os.path.realpath(folder), os.path.realpath(path)
                if not _leads_back(real, (*way, here)):
                    yield from _walk(path, (*way, here, real), refuse)


def _leads_back(real: str, way: tuple[str, ...]) -> bool:
    """Say whether a link leads to a folder on the way to it, or to one that holds that."""
    return any(Path(each).is_relative_to(real) for each in way)


def _describe(
    path: Path,
    pattern: re.Pattern[str],
    example: str,
    describe: Callable[[Path, re.Match[str]], VideoSource],
) -> VideoSource:
    match = pattern.fullmatch(path.name)
    if match is None:
        raise RawFileError(path, "its name does not say what it is", f"expected e.g. {example}")
    return describe(path, match)
