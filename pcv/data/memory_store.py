"""One recording or scene in memory, as preparation would have stored it, to the bit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from pcv.clip import Column, Video, VideoSource
from pcv.data.convert import Storage, convert
from pcv.data.raw.reader import Reader, SceneReader, columns_of
from pcv.data.store.layout import Rows
from pcv.data.store.shards import ShardReader, read_plain
from pcv.data.store.store import Store, VideoTable

INDEX = "index"  # column with the index of each point in the recording's frame


class MemoryStore(Store):
    """A store of one video that was never written.

    Args:
        reader: The reader of the recording's format.
        source: The recording.
        storage: Points per frame, and how they are stored; of a scene all points are.
        keep: The reader's columns to keep; labels that are to be predicted are not needed.

    Attributes:
        video: What the reader returned, with all of its points.
        sizes: (frames,) points of each frame, at most as many as are stored.

    Raises:
        RawFileError: The recording is damaged, empty, not finite or too wide for the storage.
    """

    def __init__(
        self,
        reader: Reader,
        source: VideoSource,
        storage: Storage,
        *,
        keep: tuple[str, ...] = (),
    ) -> None:
        indexed = Indexed(reader, keep=keep)
        length = reader.count_frames(source)
        scene = isinstance(reader, SceneReader)
        if scene:
            storage = storage._replace(points=len(indexed.read_video(source).frames[0]))
        rows = Rows.zeros(length, storage.points, storage.dtype, indexed.columns)
        entry = convert(indexed, source, length, storage, rows)
        assert indexed.video is not None
        self.video, self.sizes = indexed.video, rows.sizes
        self.path, self.dataset = source.path, reader.dataset
        self.points, self.step, self.frames = storage.points, storage.step, length
        self.attributes, self.class_names = {"axes": reader.axes}, []
        self.ordered = reader.ordered if isinstance(reader, SceneReader) else None
        self.point_class_names, self.views = [], None
        self.videos = VideoTable(
            name=[source.name],
            offset=np.zeros(1, np.int64),
            length=np.array([length], np.int64),
            label=np.array([source.label], np.int64),
            subject=np.array([source.subject], np.int64),
            camera=np.array([source.camera], np.int64),
            split=np.array([source.split], np.str_),
            origin=np.array([entry["origin"]], np.float64),
            centroid=np.array([entry["centroid"]], np.float64),
            sizes=np.array([storage.points], np.int64),
        )
        # Nothing but their type, shape and rows is used.
        self.reader = cast("ShardReader", ArrayReader(rows.points))
        self.columns = {n: cast("ShardReader", ArrayReader(v)) for n, v in rows.columns.items()}


class ArrayReader:
    """Reads rows of an array in memory as ``ShardReader`` reads those of one on disk."""

    def __init__(
        self,
        values: NDArray[Any],  # (rows, N, ...)
    ) -> None:
        self.values, self.dtype, self.shape = values, values.dtype, values.shape

    def read(
        self,
        rows: NDArray[np.int64],  # (n,)
        count: int,
        step: float | None = None,
    ) -> NDArray[Any]:  # (n, count, ...)
        """Return the first ``count`` of N at some rows; with ``step``, as float32 times it."""
        found: NDArray[Any] = self.values[rows, :count]
        if step is None:
            return found
        return np.multiply(found, np.float32(step), dtype=np.float32, casting="unsafe")


class Indexed:
    """A reader that adds each point's index in its frame to those columns that are kept."""

    class_names: tuple[str, ...] = ()
    point_class_names: tuple[str, ...] = ()

    def __init__(self, reader: Reader, *, keep: tuple[str, ...] = ()) -> None:
        self.inner = reader
        kept = {name: column for name, column in columns_of(reader).items() if name in keep}
        self.columns: dict[str, Column] = {INDEX: Column("int32")} | kept
        if isinstance(reader, SceneReader):
            self.ordered = reader.ordered
        self.dataset, self.axes = reader.dataset, reader.axes
        self.settings, self.list_videos = reader.settings, reader.list_videos
        self.count_frames = reader.count_frames
        self.video: Video | None = None

    def read_video(self, source: VideoSource) -> Video:
        """Read a recording once, and keep it."""
        video = self.video or self.inner.read_video(source)
        self.video = video
        columns: dict[str, Sequence[NDArray[np.generic]]] = {INDEX: _Numbers(video.frames)}  # type: ignore[dict-item]  # what is asked of a sequence
        given = video.columns or {}
        columns |= {name: given[name] for name in self.columns if name in given}
        return Video(source, video.frames, columns)


class _Numbers:
    """The numbers 0, 1, ... for the points of every frame."""

    def __init__(self, frames: Sequence[NDArray[np.float32]]) -> None:
        self.frames = frames

    def __getitem__(self, index: int) -> NDArray[np.int32]:
        return np.arange(len(self.frames[index]), dtype=np.int32)


def frame_sizes(store: Store, video: int) -> NDArray[np.int64]:  # (frames,)
    """Return how many points each frame of a video has; those stored beyond repeat them.

    Raises:
        StoreError: The store's counts are damaged.
    """
    if isinstance(store, MemoryStore):
        return store.sizes.astype(np.int64)
    start = int(store.videos.offset[video])
    stop = start + int(store.videos.length[video])
    return read_plain(store.path / "count", start, stop, store.attributes["shards"])
