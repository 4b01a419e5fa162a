"""Random clips of a store, against one npz a video, zarr-python, lmdb and a raw memory map."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import zarr

from pcv.data.store.shards import CHECKSUM
from pcv.data.store.store import Store, open_store
from tests.benchmarks.harness import Call, Comparison, Peer, Setting, installed
from tests.benchmarks.recordings import utd_store

FRAMES, CLIPS, STORED = 24, 10, 2048  # of a clip, clips a call, points kept by the peers
Read = Callable[[int, int, int], np.ndarray]  # video, first frame, points -> (T, N, 3) metres


def cases(setting: Setting) -> Iterator[Comparison]:
    path = utd_store(setting)
    if path is None:
        yield Comparison("clip reads", "24 frames", None, [Peer("all")], 10.0,
                         why="no store: give --store or --data")  # fmt: skip
        return
    store = open_store(path)
    peers = [unchecked(path), npz(store, setting.scratch), zarr_python(store),
             lmdb(store, setting.scratch), memory_map(store, setting.scratch)]  # fmt: skip
    for points in (1024, 2048):
        yield Comparison(
            "clip reads",
            f"24 x {points:,} of {len(store)} videos",
            clips(store, partial(ours, store), points),
            [
                Peer(name, clips(store, read, points), agrees=same, units=CLIPS)
                if read
                else Peer(name, why=why)
                for name, read, why in peers
            ],
            10.0,
            note=partial(memory_and_start, store, points),
            threads=(1,),
            units=CLIPS,
        )


def clips(store: Store, read: Read, points: int) -> Call:
    """Read the next clips of an endless random list, the same for every reader."""
    rng = np.random.default_rng(0)
    videos = rng.integers(0, len(store), 1000)
    starts = [int(rng.integers(0, store.videos.length[v] - FRAMES + 1)) for v in videos]
    wanted = itertools.cycle(zip(videos.tolist(), starts, strict=True))

    def call(_: int) -> list[np.ndarray]:
        return [read(*next(wanted), points) for _ in range(CLIPS)]

    return call


def same(mine: list[np.ndarray], theirs: list[np.ndarray]) -> str:
    worst = max(float(np.abs(a - b).max()) for a, b in zip(mine, theirs, strict=True))
    return f"max difference {worst:g} m"


def memory_and_start(store: Store, points: int) -> str:
    """What 300 more clips add to the process, and how long a store takes to its first clip."""
    began = time.perf_counter()
    fresh = open_store(store.path)
    ours(fresh, 0, 0, points)
    first = (time.perf_counter() - began) * 1000
    fresh.reader.close()
    call = clips(store, partial(ours, store), points)
    before = resident()
    for _ in range(30):
        call(1)
    return f"+{max(0.0, resident() - before):.1f} MiB in 300 clips, first clip in {first:.0f} ms"


def resident() -> float:
    """MiB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20


def ours(store: Store, video: int, start: int, points: int) -> np.ndarray:
    return store.read(video, np.arange(start, start + FRAMES), points)


def unchecked(path: Path) -> tuple[str, Read | None, str]:
    """Read the same store without comparing the checksums of its chunks: what they cost."""
    store = open_store(path)
    if not store.reader.checked:
        return "unchecked", None, "the store has no checksums"
    store.reader._checked = lambda raw, size: raw[:-CHECKSUM]  # type: ignore[method-assign]
    return "unchecked", partial(ours, store), ""


def stored_videos(store: Store) -> Iterator[tuple[int, np.ndarray]]:
    for video in range(len(store)):
        rows = store.videos.offset[video] + np.arange(store.videos.length[video])
        yield video, store.reader.read(rows, STORED)


def npz(store: Store, scratch: Path) -> tuple[str, Read | None, str]:
    """The field's habit: compressed float32 points, a whole video loaded for every clip."""
    folder = scratch / "npz"
    folder.mkdir()
    for video, values in stored_videos(store):
        np.savez_compressed(folder / f"{video}.npz", points=store.to_metres(values))

    def read(video: int, start: int, points: int) -> np.ndarray:
        with np.load(folder / f"{video}.npz") as file:
            return file["points"][start : start + FRAMES, :points]

    return f"npz a video, numpy {np.__version__}", read, ""


def zarr_python(store: Store) -> tuple[str, Read | None, str]:
    """The library itself, on the same files."""
    array = zarr.open_group(store.path, mode="r")["points"]

    def read(video: int, start: int, points: int) -> np.ndarray:
        row = int(store.videos.offset[video]) + start
        return store.to_metres(array[row : row + FRAMES, :points])

    return f"zarr-python {zarr.__version__}", read, ""


def lmdb(store: Store, scratch: Path) -> tuple[str, Read | None, str]:
    """A ceiling: uncompressed videos in a memory-mapped database."""
    module, name = installed("lmdb")
    if module is None:
        return "lmdb", None, name
    where = module.open(str(scratch / "lmdb"), map_size=1 << 40)
    shape = (-1, STORED, 3)
    with where.begin(write=True) as writer:
        for video, values in stored_videos(store):
            writer.put(str(video).encode(), values.tobytes())

    def read(video: int, start: int, points: int) -> np.ndarray:
        with where.begin(buffers=True) as reader:
            raw = np.frombuffer(reader.get(str(video).encode()), store.reader.dtype)
            return store.to_metres(raw.reshape(shape)[start : start + FRAMES, :points])

    return f"{name}, uncompressed", read, ""


def memory_map(store: Store, scratch: Path) -> tuple[str, Read | None, str]:
    """The other ceiling: one raw file."""
    first = np.concatenate([[0], np.cumsum(store.videos.length)])
    values = np.lib.format.open_memmap(
        scratch / "points.npy", "w+", store.reader.dtype, (int(first[-1]), STORED, 3)
    )
    for video, rows in stored_videos(store):
        values[first[video] : first[video + 1]] = rows
    values.flush()
    values = np.load(scratch / "points.npy", mmap_mode="r")

    def read(video: int, start: int, points: int) -> np.ndarray:
        row = int(first[video]) + start
        return store.to_metres(values[row : row + FRAMES, :points])

    return f"memmap, numpy {np.__version__}", read, ""
