"""One recording to the rows of a store: quantised, every frame in farthest-point order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pcv.clip import Video, VideoSource
from pcv.data.farthest_order import farthest_order
from pcv.data.store import file_checksum
from pcv.errors import RawFileError

if TYPE_CHECKING:
    from pcv.data.raw import Reader


class Storage(NamedTuple):
    """How points are stored."""

    points: int
    dtype: str
    step: float | None  # metres; None: float32


def convert(
    reader: Reader,
    source: VideoSource,
    length: int,
    storage: Storage,
    points: NDArray[Any],
    count: NDArray[np.int32],
) -> dict[str, Any]:
    """Read a recording, write its rows into ``points`` and ``count``, and return its table entry.

    Raises:
        RawFileError: It is damaged, empty, not finite or too wide for the storage.
    """
    video = reader.read_video(source)
    if len(video.frames) != length:
        raise RawFileError(source.path, "its number of frames changed", "prepare anew")
    sizes = [len(frame) for frame in video.frames]
    origin, centroid = _origin(video, storage)
    filled = _fill_empty(video.frames)
    for row, frame in enumerate(filled):
        values = _quantise(frame, origin, storage, source)
        order = farthest_order(values.astype(np.float32), storage.points)
        points[row] = values[order]
        count[row] = min(sizes[row], storage.points)
    return {
        **{key: getattr(source, key) for key in ("name", "label", "subject", "camera", "split")},
        "length": length,
        "origin": origin.tolist(),
        "centroid": centroid.tolist(),
        "empty": sizes.count(0),
        "sparse": sum(0 < size < storage.points for size in sizes),
        "sha256": file_checksum(source.path),
    }


def _origin(video: Video, storage: Storage) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The middle of the video's box and its mean point from there, both on the grid."""
    grid = storage.step or 2**-11
    frames = [frame for frame in video.frames if len(frame)]
    if not frames:
        raise RawFileError(video.source.path, "no foreground in any frame", "leave the file out")
    low = np.min([frame.min(0) for frame in frames], axis=0).astype(np.float64)
    high = np.max([frame.max(0) for frame in frames], axis=0).astype(np.float64)
    origin = np.round((low + high) / 2 / grid) * grid
    mean = np.mean([frame.mean(0, dtype=np.float64) for frame in frames], axis=0)
    return origin, np.round((mean - origin) / grid) * grid


def _fill_empty(frames: list[NDArray[np.float32]]) -> list[NDArray[np.float32]]:
    """An empty frame repeats the one before it; the first ones repeat the first that is not."""
    last = next(frame for frame in frames if len(frame))
    filled = []
    for frame in frames:
        last = frame if len(frame) else last
        filled.append(last)
    return filled


def _quantise(
    frame: NDArray[np.float32], origin: NDArray[np.float64], storage: Storage, source: VideoSource
) -> NDArray[Any]:
    offset = frame - origin
    if not np.isfinite(offset).all():
        raise RawFileError(source.path, "a point is not finite", "check the recording")
    if storage.step is None:
        return offset.astype(np.float32)
    values = np.round(offset / storage.step)
    if np.abs(values).max() > np.iinfo(np.int16).max:
        reach = np.abs(offset).max()
        raise RawFileError(
            source.path,
            f"reaches {reach:.1f} m from its middle, int16 of {storage.step} m holds less",
            "use --dtype float32 or a larger --step",
        )
    return values.astype(np.int16)
