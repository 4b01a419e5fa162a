"""Convert a recording to rows of a store: quantised, every frame in farthest-point order."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pcv.clip import Video, VideoSource
from pcv.data.farthest_order import farthest_order, scene_order
from pcv.data.raw.reader import PointReader, SceneReader, columns_of
from pcv.data.store.layout import Rows
from pcv.data.store.store import write_views
from pcv.data.store.views import SHARD_VIEWS, stack_views
from pcv.errors import RawFileError
from pcv.kernels.quantise import MOST, quantise
from pcv.kernels.quantise import extent as measure

if TYPE_CHECKING:
    from pcv.data.raw.reader import Reader


class Storage(NamedTuple):
    """How points are stored."""

    points: int  # per frame
    dtype: str
    step: float | None  # metres; None: float32


class Extent(NamedTuple):
    """Where a video's points lie."""

    sizes: list[int]  # points of each frame
    origin: NDArray[np.float64]  # (3,) middle of the video's box, on the grid
    centroid: NDArray[np.float64]  # (3,) mean point from the origin, on the grid


class ViewTarget(NamedTuple):
    """The slots of a store that a video's views are written to."""

    store: Path
    slot: int  # of the first view


def convert(
    reader: Reader,
    source: VideoSource,
    length: int,
    storage: Storage,
    rows: Rows,
    target: ViewTarget | None = None,
) -> dict[str, Any]:
    """Read a recording, write it into the first ``length`` rows, and return its table entry.

    Views are written to the store at once, if a ``target`` is given: they take many megabytes.

    Raises:
        RawFileError: The recording is damaged, empty, not finite or too wide for the storage, or a
            column does not hold what the reader declared.
    """
    video = reader.read_video(source)
    if len(video.frames) != length:
        raise RawFileError(source.path, "its number of frames changed", "prepare it again")
    extent, columns = _measure(video, storage), columns_of(reader)
    for row, index in enumerate(_filled(extent.sizes)):
        frame = video.frames[index]
        values, positions = _quantise(frame, extent.origin, storage, source)
        order = _order(reader, positions, storage.points, source)
        rows.points[row, : len(order)] = values[order]
        rows.sizes[row] = min(extent.sizes[row], storage.points)
        for name, column in columns.items():
            column_values = _column(video, name, index, len(frame))
            rows.columns[name][row, : len(order)] = column_values[order]
            if column.padding is not None:
                rows.columns[name][row, rows.sizes[row] :] = column.padding
    scene = isinstance(reader, SceneReader)
    return {
        **({"sizes": extent.sizes[0]} if scene else {}),
        **{key: getattr(source, key) for key in ("name", "label", "subject", "camera", "split")},
        "length": length,
        "origin": extent.origin.tolist(),
        "centroid": extent.centroid.tolist(),
        "empty": extent.sizes.count(0),
        "sparse": 0 if scene else sum(0 < size < storage.points for size in extent.sizes),
        "left_out": [f"{source.name}: {line}" for line in video.left_out],
        "shift": [0.0] * 3 if video.shift is None else video.shift.tolist(),
        **_class_points(reader, source, length, rows),
        **(_write_views(video, target) if target else {}),
    }


def _write_views(video: Video, target: ViewTarget) -> dict[str, Any]:
    shards: dict[str, str] = {}
    views = video.views or ()
    for start in range(0, len(views), SHARD_VIEWS):
        some = views[start : start + SHARD_VIEWS]
        if len({view.unit for view in views[:1]} | {view.unit for view in some}) > 1:
            raise RawFileError(
                video.source.path, "its views have several units of depth", "split the recording"
            )
        shards |= write_views(target.store, target.slot + start, stack_views(some))
    return {
        "view_offset": target.slot,
        "view_count": len(views),
        "view_unit": views[0].unit if views else 1.0,
        "view_shards": shards,
    }


def _order(
    reader: Reader, positions: NDArray[np.float32], most: int, source: VideoSource
) -> NDArray[np.int64]:  # (most,), or (n,) for a scene
    """Return the order of a frame's points: a scene is neither cut nor filled up."""
    if not isinstance(reader, SceneReader):
        return farthest_order(positions, most)
    if len(positions) > most:
        raise RawFileError(
            source.path, f"{len(positions)} points, more than --points {most}", "raise --points"
        )
    return scene_order(positions, reader.ordered)


def _measure(video: Video, storage: Storage) -> Extent:
    """Measure in one pass over the frames, so that a long video is never in memory as a whole."""
    grid = storage.step or 2**-11
    low, high, mean = np.full(3, np.inf), np.full(3, -np.inf), np.zeros(3)
    sizes = [len(frame) for frame in video.frames]
    filled = sum(size > 0 for size in sizes)
    if not filled:
        raise RawFileError(video.source.path, "no foreground in any frame", "leave the file out")
    for frame in video.frames:
        if len(frame):
            total = np.zeros(3)
            measure(np.ascontiguousarray(frame, np.float32), low, high, total)
            mean += total / len(frame) / filled
    if not (np.isfinite(low) & np.isfinite(high) & np.isfinite(mean)).all():
        raise _not_finite(video.source)
    origin = np.round((low + high) / 2 / grid) * grid
    return Extent(sizes, origin, np.round((mean - origin) / grid) * grid)


def _filled(sizes: list[int]) -> list[int]:
    """Return the frame that each row shows: the last filled one so far, else the first filled."""
    last = next(index for index, size in enumerate(sizes) if size)
    filled = []
    for index, size in enumerate(sizes):
        last = index if size else last
        filled.append(last)
    return filled


def _column(video: Video, name: str, frame: int, points: int) -> NDArray[Any]:  # (points, ...)
    values = (video.columns or {}).get(name)
    found = 0 if values is None else len(values[frame])
    if values is None or found != points:
        raise RawFileError(
            video.source.path, f"{found} {name} for {points} points in frame {frame}", "check both"
        )
    return values[frame]


def _class_points(
    reader: Reader, source: VideoSource, length: int, rows: Rows
) -> dict[str, list[int]]:
    """Count the stored points of each class; return nothing for a reader without columns."""
    if not isinstance(reader, PointReader) or not reader.columns:
        return {}
    names = reader.point_class_names
    labels = rows.columns["labels"][:length] if "labels" in rows.columns else np.empty(0, np.int16)
    if labels.size and not -1 <= labels.min() <= labels.max() < len(names):
        raise RawFileError(
            source.path,
            f"point labels {labels.min()} to {labels.max()} for {len(names)} classes",
            "expected -1 (ignore) or a class from 0",
        )
    return {"class_points": np.bincount(labels[labels >= 0], minlength=len(names)).tolist()}


def _quantise(
    frame: NDArray[np.float32], origin: NDArray[np.float64], storage: Storage, source: VideoSource
) -> tuple[NDArray[Any], NDArray[np.float32]]:
    """Return the stored values of the points (n, 3) and their positions, in steps or metres."""
    if storage.step is None:
        offset = (frame - origin).astype(np.float32)
        if not np.isfinite(offset).all():
            raise _not_finite(source)
        return offset, offset
    values, positions = np.empty(frame.shape, np.int16), np.empty(frame.shape, np.float32)
    frame = np.ascontiguousarray(frame, np.float32)
    reach = quantise(frame, origin, storage.step, values, positions)
    if not np.isfinite(reach):
        raise _not_finite(source)
    if np.rint(reach / storage.step) > MOST:
        raise RawFileError(
            source.path,
            f"reaches {reach:.1f} m from its middle, too far for int16 steps of {storage.step} m",
            "use --dtype float32 or a larger --step",
        )
    return values, positions


def _not_finite(source: VideoSource) -> RawFileError:
    return RawFileError(source.path, "a point is not finite", "check the recording")
