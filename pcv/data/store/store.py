"""The clip store: one Zarr v3 group per dataset, every frame in farthest-point order.

``points`` (rows, N, 3) holds integers of ``step`` metres from an origin per video (or float32
metres from it), chunked along frames and points and sharded; ``count`` (rows,) says how many
points each frame had, at most N. Further columns of the points, such as ``labels`` (rows, N) and
``colour`` (rows, N, 3), are arrays beside ``points``, cut the same way; for posed images see
``pcv.data.store.views``.
Group attributes hold the video table, what was read and what was dropped. This is the only file
that imports zarr.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pcv.clip import Column
from pcv.data.store.checksum import add_checksums, check_descriptions, file_checksum
from pcv.data.store.json_file import write_json
from pcv.data.store.layout import Rows, layout_of, read_columns
from pcv.data.store.shard_writer import write_chunk, write_shards
from pcv.data.store.shards import Contents, ShardReader
from pcv.data.store.views import StoredViews, slots_of, view_arrays
from pcv.errors import StoreError
from pcv.progress import Progress

FORMAT = "pcv-clips"
VERSION = 1
CHECKED = "checked whenever they are read"
UNCHECKED = (
    "without checksums, as an older pcv wrote them: damage shows only in pcv info --verify; "
    "prepare the store again for checked ones"
)


class VideoTable(NamedTuple):
    """One row per video, sorted by name; every array is (videos,) unless noted."""

    name: list[str]
    offset: NDArray[np.int64]  # first row of ``points``
    length: NDArray[np.int64]  # frames
    label: NDArray[np.int64]  # from 0; -1 where unknown
    subject: NDArray[np.int64]
    camera: NDArray[np.int64]
    split: NDArray[np.str_]
    origin: NDArray[np.float64]  # (videos, 3) metres, on the grid of ``step``
    centroid: NDArray[np.float64]  # (videos, 3) metres from the origin, on the grid
    sizes: NDArray[np.int64]  # points per frame; of a scene: all that it has


class Store:
    """An open store; reading needs no zarr and is safe in worker processes."""

    def __init__(self, path: Path, attributes: dict[str, Any]) -> None:
        self.path = path
        self.attributes = attributes
        self.dataset: str = attributes["dataset"]
        self.class_names: list[str] = attributes["class_names"]
        self.points: int = attributes["points"]
        self.step: float | None = attributes["step"]
        # Of a scene, how many points are in farthest-point order; the others follow, shuffled.
        self.ordered: int | None = attributes.get("ordered")
        table = attributes["videos"]
        self.videos = VideoTable(
            name=table["name"],
            offset=np.array(table["offset"], np.int64),
            length=np.array(table["length"], np.int64),
            label=np.array(table["label"], np.int64),
            subject=np.array(table["subject"], np.int64),
            camera=np.array(table["camera"], np.int64),
            split=np.array(table["split"], np.str_),
            origin=np.array(table["origin"], np.float64).reshape(-1, 3),
            centroid=np.array(table["centroid"], np.float64).reshape(-1, 3),
            sizes=np.array(table.get("sizes", [self.points] * len(table["name"])), np.int64),
        )
        self.frames = int(self.videos.length.sum())
        if not all(np.isfinite(v).all() for v in (self.videos.origin, self.videos.centroid)):
            raise ValueError("the origin or the centroid of a video is not finite")
        contents = Contents(attributes["shards"], self.videos.name, self.videos.offset)
        self.reader = ShardReader(path / "points", contents)
        columns = attributes.get("columns", {})
        self.columns = {name: ShardReader(path / name, contents) for name in columns}
        self.point_class_names: list[str] = attributes.get("point_class_names", [])
        self.views = StoredViews(path, attributes) if "views" in attributes else None

    def __len__(self) -> int:
        return len(self.videos.name)

    def read(
        self,
        video: int,
        frames: NDArray[np.int64],  # (T,)
        points: int,
    ) -> NDArray[np.float32]:  # (T, points, 3)
        """Read frames of a video in metres from its origin.

        Any prefix of a frame is its farthest-point sample.

        Raises:
            StoreError: More points are asked for than are stored, or a shard is damaged, missing
                or not finite.
        """
        return self.reader.read(self._rows(video, frames, points), points, self.step)

    def read_column(
        self,
        name: str,
        video: int,
        frames: NDArray[np.int64],  # (T,)
        points: int,
    ) -> NDArray[Any]:  # (T, points, ...)
        """Read a column's values for the points that ``read`` returns.

        Raises:
            StoreError: There is no such column, more points are asked for than are stored, or a
                shard is damaged, missing or not finite.
        """
        if name not in self.columns:
            known = ", ".join(self.columns) or "none"
            raise StoreError(f"{self.path}: its points have no {name} (columns: {known})")
        return self.columns[name].read(self._rows(video, frames, points), points)

    def placed(self, video: int, frame: int, points: int) -> NDArray[np.float32]:  # (points, 3)
        """Read a frame in metres, in the coordinates of the recording itself.

        Raises:
            StoreError: As for ``read``.
        """
        found = self.read(video, np.array([frame]), points)[0].astype(np.float64)
        return (found + self.videos.origin[video]).astype(np.float32)

    def _rows(self, video: int, frames: NDArray[np.int64], points: int) -> NDArray[np.int64]:
        if not 1 <= points <= self.points:
            raise StoreError(
                f"{self.path}: {points} points per frame asked for, {self.points} stored; "
                "prepare with a larger --points or lower data.points"
            )
        if len(frames) and not 0 <= frames.min() <= frames.max() < self.videos.length[video]:
            raise StoreError(f"{self.path}: {self.videos.name[video]} has no such frames")
        return self.videos.offset[video] + frames

    def to_metres(
        self,
        raw: NDArray[Any],  # (..., 3)
    ) -> NDArray[np.float32]:  # (..., 3)
        """Turn stored values into metres from the video's origin."""
        metres = raw.astype(np.float32)
        if self.step is not None:
            metres *= np.float32(self.step)
        return metres

    def info(self) -> dict[str, Any]:
        """Return what the store holds, JSON-able."""
        videos, stored = self.videos, self.attributes
        splits, counts = np.unique(videos.split, return_counts=True)
        labels = np.bincount(videos.label[videos.label >= 0], minlength=len(self.class_names))
        size = sum(f.stat().st_size for f in self.path.rglob("*") if f.is_file())
        lengths = videos.length
        return (
            {
                "format": f"{FORMAT} {stored['version']}",
                "chunks": CHECKED if self.reader.checked else UNCHECKED,
                "dataset": self.dataset,
                "videos": len(self),
                "splits": {str(s): int(n) for s, n in zip(splits, counts, strict=True)},
                "subjects": sorted({int(s) for s in videos.subject}),
                "frames": self.frames,
                "frames_a_video": {
                    "min": int(lengths.min()),
                    "median": float(np.median(lengths)),
                    "max": int(lengths.max()),
                },
                "points": self.points,
                "dtype": stored["dtype"],
                "step_m": self.step,
                "largest_error_m": None if self.step is None else self.step / 2,
                "size_mb": round(size / 1e6, 1),
                "axes": stored["axes"],
                "reader": stored["reader"],
                "sparse_frames": stored["sparse_frames"],
                "empty_frames": stored["empty_frames"],
                "dropped": [f"{d['file']}: {d['why']}" for d in stored["dropped"]],
                "classes": {name: int(n) for name, n in zip(self.class_names, labels, strict=True)},
            }
            | self._scenes_info()
            | self._columns_info(bool(labels.any()))
        )

    def _scenes_info(self) -> dict[str, Any]:
        if self.ordered is None:
            return {}
        sizes = self.videos.sizes
        low, middle, high = int(sizes.min()), float(np.median(sizes)), int(sizes.max())
        facts = {"min": low, "median": middle, "max": high}
        return {"points_a_scene": facts}

    def _columns_info(self, labelled_videos: bool) -> dict[str, Any]:
        views = self.views.info() if self.views else {}
        if not self.columns:
            return views
        counts = self.attributes.get("class_points", [])
        return ({} if labelled_videos else {"classes": {}}) | {
            "columns": {name: str(reader.dtype) for name, reader in self.columns.items()},
            "points_a_class": dict(zip(self.point_class_names, counts, strict=True)),
            **views,
        }

    def verify(self, progress: Progress | None = None) -> list[str]:
        """Check files against their checksums, and the order of some frames.

        Returns:
            Problems, one line each; none when the store is whole.
        """
        from pcv.data.store.verification import changed_files, misordered_videos

        return changed_files(self, progress) or misordered_videos(self)


def open_store(path: Path, dataset: str | None = None) -> Store:
    """Open a finished store.

    Args:
        path: The store's folder.
        dataset: The dataset that the store must hold; None: any.

    Raises:
        StoreError: The folder is not a store, or the store is unfinished, of another version or
            dataset, or damaged.
    """
    attributes = read_attributes(path)
    if not attributes.get("complete"):
        raise StoreError(f"{path}: preparation is unfinished; run pcv prepare again to go on")
    if dataset and attributes["dataset"] != dataset:
        raise StoreError(f"{path}: holds {attributes['dataset']}, the recipe wants {dataset}")
    try:
        store = Store(path, attributes)
        check_descriptions(path, attributes)
    except (KeyError, TypeError, ValueError) as error:
        raise StoreError(f"{path}: damaged attributes: {error}; prepare it again") from None
    if not len(store):
        raise StoreError(f"{path}: holds no video")
    return store


def read_attributes(path: Path) -> dict[str, Any]:
    """Read the attributes of a store, finished or not.

    Raises:
        StoreError: The folder is missing, or it is not a store of this version.
    """
    if not path.is_dir():
        raise StoreError(f"{path}: no such store; pcv prepare writes one")
    try:
        attributes = json.loads((path / "zarr.json").read_text())["attributes"]
        found, version = attributes["format"], attributes["version"]
    except (OSError, ValueError, KeyError, TypeError):
        raise StoreError(f"{path}: not a clip store; pcv prepare writes one") from None
    if found != FORMAT or version != VERSION:
        raise StoreError(
            f"{path}: {found} version {version}, this pcv reads {FORMAT} {VERSION}; "
            "prepare it again"
        )
    return dict(attributes)


def create_store(path: Path, attributes: dict[str, Any], rows: int, views: int = 0) -> None:
    """Create the group and its arrays, empty and incomplete; ``views`` is the number of slots."""
    import zarr  # only creating needs it, and it takes long to import
    from zarr.codecs import BloscCodec, Crc32cCodec

    base: dict[str, Any] = {"format": FORMAT, "version": VERSION, "complete": False}
    group = zarr.open_group(path, mode="w", zarr_format=3, attributes=base | attributes)
    count = attributes["points"]
    compressor = BloscCodec(cname="lz4", clevel=5, shuffle="shuffle")
    layout = layout_of(attributes)
    size = min(count, layout.chunk_points)
    whole = -(-count // size) * size
    arrays = {"points": Column(attributes["dtype"], (3,))} | read_columns(attributes)
    for name, column in arrays.items():
        group.create_array(
            name,
            shape=(rows, count, *column.shape),
            dtype=column.dtype,
            chunks=(layout.chunk_frames, size, *column.shape),
            shards=(layout.shard_frames, whole, *column.shape),
            compressors=[compressor, Crc32cCodec()],
            fill_value=column.padding or 0 if "ordered" in attributes else 0,
        )
    frames = layout.shard_frames
    group.create_array(
        "count", shape=(rows,), dtype="int32", chunks=(frames,), compressors=Crc32cCodec()
    )
    denser = BloscCodec(cname="zstd", clevel=5, shuffle="shuffle")
    for name, array in view_arrays(attributes, views).items():
        group.create_array(name, **array, compressors=[denser, Crc32cCodec()], fill_value=0)


def write_rows(path: Path, start: int, rows: Rows) -> dict[str, str]:
    """Write whole shards from row ``start`` on, and return the checksum of each file written."""
    files = []
    for name, values in {"points": rows.points, **rows.columns}.items():
        files += write_shards(path / name, start, values)
    shard = ShardReader(path / "points").shard[0]
    for first in range(0, len(rows.sizes), shard):
        sizes = rows.sizes[first : first + shard]
        files.append(write_chunk(path / "count", (start + first) // shard, sizes))
    return {file.relative_to(path).as_posix(): file_checksum(file) for file in files}


def write_views(
    path: Path,
    start: int,
    values: dict[str, NDArray[Any]],  # name: (V, ...)
) -> dict[str, str]:
    """Write V views from slot ``start`` on, where a shard begins; return each file's checksum."""
    files = []
    for name, array in values.items():
        whole = np.zeros((slots_of(len(array)), *array.shape[1:]), array.dtype)
        whole[: len(array)] = array
        files += write_shards(path / name, start, whole)
    return {file.relative_to(path).as_posix(): file_checksum(file) for file in files}


def finish_store(path: Path, attributes: dict[str, Any]) -> None:
    """Write the final attributes at once: from here on the store is complete."""
    meta = json.loads((path / "zarr.json").read_text())
    base = {"format": FORMAT, "version": VERSION, "complete": True}
    meta["attributes"] = add_checksums(path, base | attributes)
    write_json(path / "zarr.json", meta)
