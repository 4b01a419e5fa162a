"""Finding recordings by their names."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from pcv.clip import VideoSource
from pcv.errors import InputError, RawFileError


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
        root: Folder.
        suffix: Files that end otherwise are none of ours.
        pattern: What the whole file name must match.
        example: A right name, for the error.
        describe: Makes a source of a match; raises RawFileError for numbers out of range.
        bad: Collects errors instead of raising the first.

    Raises:
        InputError: No folder, nothing there, a wrong name or a duplicate.
    """
    if not root.is_dir():
        raise InputError(f"{root}: no such folder; give the folder that holds {example}")
    paths = sorted(_files(root, suffix), key=lambda p: (p.name, str(p)))
    found = collect(paths, lambda path: _describe(path, pattern, example, describe), bad)
    if not found and not bad:
        raise InputError(f"{root}: holds no {suffix} file; expected names such as {example}")
    return found


def list_folders(
    root: Path,
    inside: str,
    example: str,
    describe: Callable[[Path], VideoSource],
    bad: list[InputError] | None,
) -> list[VideoSource]:
    """List every folder under ``root`` that has a folder ``inside``, sorted by name.

    Args:
        root: Folder.
        inside: What a recording's folder holds; ``a/b`` for a folder in a folder.
        example: A right path, for the error.
        describe: Makes a source of a folder; raises RawFileError for one that cannot be used.
        bad: Collects errors instead of raising the first.

    Raises:
        InputError: No folder, nothing there, or two of one name.
    """
    if not root.is_dir():
        raise InputError(f"{root}: no such folder; give the folder that holds {example}")
    paths = [Path(folder) for folder, _, _ in walk(root) if (Path(folder) / inside).is_dir()]
    found = collect(sorted(paths, key=lambda p: (p.name, str(p))), describe, bad)
    if not found and not bad:
        raise InputError(f"{root}: holds no folder {inside}; expected {example}")
    return found


def collect(
    paths: list[Path], describe: Callable[[Path], VideoSource], bad: list[InputError] | None
) -> list[VideoSource]:
    """Describe recordings and sort them by name.

    Raises:
        RawFileError: One cannot be used, or two have one name; collected in ``bad`` where given.
    """
    found: dict[str, VideoSource] = {}
    for path in paths:
        try:
            source = describe(path)
            if source.name in found:
                raise RawFileError(
                    path,
                    f"the same recording as {found[source.name].path}",
                    "keep one of them",
                )
        except RawFileError as error:
            if bad is None:
                raise
            bad.append(error)
        else:
            found[source.name] = source
    return [found[name] for name in sorted(found)]


def _files(root: Path, suffix: str) -> list[Path]:
    return [
        Path(folder) / name
        for folder, _, names in walk(root)
        for name in names
        if name.endswith(suffix)
    ]


def walk(root: Path) -> Iterator[tuple[str, list[str], list[str]]]:
    """Walk a folder as ``os.walk`` does.

    Raises:
        InputError: A folder cannot be listed.
    """

    def refuse(error: OSError) -> None:
        raise InputError(f"{error.filename}: cannot be listed: {error.strerror}")

    return os.walk(root, onerror=refuse)


def _describe(
    path: Path,
    pattern: re.Pattern[str],
    example: str,
    describe: Callable[[Path, re.Match[str]], VideoSource],
) -> VideoSource:
    match = pattern.fullmatch(path.name)
    if match is None:
        raise RawFileError(path, "the name does not say what it is", f"expected e.g. {example}")
    return describe(path, match)
