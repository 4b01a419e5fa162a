"""Recordings that are folders of frame files, which are found by number and read one at a time."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from pcv.clip import Video, VideoSource
from pcv.errors import RawFileError

NUMBERED = re.compile(r"(\d+)\.[^.]+")


class Frame(NamedTuple):
    """What one frame file holds."""

    points: NDArray[np.float32]  # (n, 3) metres
    columns: dict[str, NDArray[np.generic]]  # name: (n, ...)


class Loaded(Sequence[NDArray[np.generic]]):
    """Arrays that are loaded when they are asked for, one per frame."""

    def __init__(self, load: Callable[[int], NDArray[np.generic]], count: int) -> None:
        self.load, self.frames = load, count

    def __len__(self) -> int:
        return self.frames

    @overload
    def __getitem__(self, index: int) -> NDArray[np.generic]: ...
    @overload
    def __getitem__(self, index: slice) -> list[NDArray[np.generic]]: ...
    def __getitem__(self, index: int | slice) -> NDArray[np.generic] | list[NDArray[np.generic]]:
        if isinstance(index, slice):
            return [self.load(i) for i in range(*index.indices(self.frames))]
        if not -self.frames <= index < self.frames:
            raise IndexError(index)
        return self.load(index % self.frames)


def lazy_video(
    source: VideoSource, load: Callable[[int], Frame], count: int, columns: Sequence[str] = ()
) -> Video:
    """Return a video whose frames are read when they are asked for.

    Args:
        source: The recording.
        load: Reads the frame of an index; raises RawFileError for a damaged one. The last frame
            read is kept, so that its points and columns cost one reading.
        count: How many frames there are.
        columns: Names of the columns that every frame has.
    """
    load = lru_cache(maxsize=1)(load)

    def column(name: str) -> Loaded:
        return Loaded(lambda index: load(index).columns[name], count)

    frames = Loaded(lambda index: load(index).points, count)
    return Video(source, frames, {name: column(name) for name in columns} or None)  # type: ignore[arg-type]  # points are float32


def numbered_files(folder: Path, suffix: str) -> dict[int, Path]:
    """Find the files of a folder that are named by a number, and return them in order.

    Raises:
        RawFileError: The folder cannot be listed, a name is no number, two names are the same
            number, or there is no file.
    """
    try:
        paths = sorted(path for path in folder.iterdir() if path.name.endswith(suffix))
    except OSError as error:
        raise RawFileError(folder, f"cannot be listed: {error.strerror}", "check it") from None
    found: dict[int, Path] = {}
    for path in paths:
        match = NUMBERED.fullmatch(path.name)
        if match is None:
            raise RawFileError(path, "its name is no frame number", f"expected e.g. 000000{suffix}")
        number = int(match[1])
        if number in found:
            raise RawFileError(
                path, f"is the same frame as {found[number].name}", "keep one of them"
            )
        found[number] = path
    if not found:
        raise RawFileError(
            folder, f"has no frame ({suffix} file) in it", "copy it again or remove it"
        )
    return {number: found[number] for number in sorted(found)}
