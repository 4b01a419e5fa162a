"""Raw recordings to a store: resumable at any kill, parallel, the same bytes for any jobs.

Videos are dealt to tasks that own whole shards. A task reads its videos, orders every frame,
writes its shards once and only then its note of completion; the store's attributes turn
``complete`` after the last note.
"""

from __future__ import annotations

import errno
import json
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pcv.clip import Progress, Video, VideoSource
from pcv.data.store import (
    SHARD_FRAMES,
    create_store,
    file_checksum,
    finish_store,
    read_attributes,
    write_json,
    write_rows,
)
from pcv.errors import InputError, PcvError, RawFileError, StoreError
from pcv.ops.farthest_order import farthest_order

if TYPE_CHECKING:
    from pcv.data.raw import Reader

WORK = ".pcv"  # plan and notes of an unfinished preparation
TASK_SHARDS = 4  # shards a task owns, about: one video always stays in one task
COLUMNS = ("name", "offset", "length", "label", "subject", "camera", "split", "origin", "centroid")


class PrepareSummary(NamedTuple):
    """What preparation did."""

    videos: int
    frames: int
    skipped: list[str]
    out: Path


class Storage(NamedTuple):
    """How points are stored."""

    points: int
    dtype: str
    step: float | None  # metres; None: float32


class Task(NamedTuple):
    """Videos that share whole shards, and the row at which each begins."""

    number: int
    sources: list[VideoSource]
    lengths: list[int]
    offsets: list[int]  # from the start of the store


def prepare(  # noqa: PLR0913 - the options of the command
    reader: Reader,
    raw: Path,
    out: Path,
    *,
    points: int = 2048,
    dtype: str = "int16",
    step: float = 2**-11,
    jobs: int = 1,
    skip_bad: bool = False,
    limit: int | None = None,
    scheduler: str | None = None,
    progress: Progress | None = None,
) -> PrepareSummary:
    """Convert recordings to a store, or finish what an interrupted call began.

    Args:
        reader: Knows the raw format.
        raw: Folder that is read.
        out: Folder that is written; new, empty, or an unfinished store of the same settings.
        points: Points a frame.
        dtype: ``int16``, in steps from an origin per video, or ``float32``.
        step: Metres; a power of two keeps distances, and so the order, exact.
        jobs: Processes.
        skip_bad: Leave unreadable recordings out and say which.
        limit: Only the first so many recordings.
        scheduler: Address of a Dask scheduler to work on instead of processes.
        progress: Called after each task.

    Raises:
        InputError: Nothing to read, an unreadable recording, or ``out`` is something else.
        PcvError: The disk is full.
    """
    if dtype not in ("int16", "float32"):
        raise InputError(f"--dtype {dtype}: choose int16 or float32")
    storage = Storage(points, dtype, step if dtype == "int16" else None)
    bad: list[InputError] = []
    sources = reader.list_videos(raw, bad if skip_bad else None)[:limit]
    settings: dict[str, Any] = {
        "dataset": reader.dataset,
        "class_names": list(reader.class_names),
        "axes": reader.axes,
        "reader": reader.settings(),
        **storage._asdict(),
    }
    try:
        finished = _resume_or_refuse(out, settings, len(sources))
        if finished:
            return finished
        tasks = _plan(reader, sources, bad if skip_bad else None)
        if not tasks:
            raise InputError(f"{raw}: no usable recording: {bad[0] if bad else 'none found'}")
        _begin(out, settings, tasks)
        _work(reader, out, storage, tasks, _Pool(jobs, skip_bad, scheduler), progress)
        return _finish(out, settings, tasks, bad)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise PcvError(f"{out}: the disk is full; free some room and run it again") from None
        raise InputError(f"{error.filename or out}: {error.strerror or error}") from None


def _resume_or_refuse(out: Path, settings: dict[str, Any], asked: int) -> PrepareSummary | None:
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return None
    if not out.is_dir():
        raise StoreError(f"{out}: is a file; give a folder")
    try:
        found = read_attributes(out)
    except StoreError:
        if [p.name for p in out.iterdir()] == [WORK]:
            return None  # killed between the plan and the group
        raise StoreError(f"{out}: holds something else; give a new or empty folder") from None
    for key, value in settings.items():
        if found.get(key) != value:
            raise StoreError(
                f"{out}: a store with {key} {found.get(key)}, asked for {value}; "
                "give another folder"
            )
    return _finished(out, found, asked) if found["complete"] else None


def _finished(out: Path, found: dict[str, Any], asked: int) -> PrepareSummary:
    dropped = [f"{d['file']}: {d['why']}" for d in found["dropped"]]
    if len(found["videos"]["name"]) + len(dropped) != asked:
        raise StoreError(
            f"{out}: finished with {len(found['videos']['name'])} videos, {asked} were asked for; "
            "give another folder"
        )
    return PrepareSummary(
        len(found["videos"]["name"]), sum(found["videos"]["length"]), dropped, out
    )


def _plan(reader: Reader, sources: list[VideoSource], bad: list[InputError] | None) -> list[Task]:
    """Deal videos, in order, to tasks that begin at a shard."""
    tasks: list[Task] = []
    row = TASK_SHARDS * SHARD_FRAMES  # full: the first video opens a task
    start = 0
    for source in sources:
        try:
            length = reader.count_frames(source)
        except RawFileError as error:
            if bad is None:
                raise
            bad.append(error)
            continue
        if row >= TASK_SHARDS * SHARD_FRAMES:
            start += -(-row // SHARD_FRAMES) * SHARD_FRAMES if tasks else 0
            tasks.append(Task(len(tasks), [], [], []))
            row = 0
        tasks[-1].sources.append(source)
        tasks[-1].lengths.append(length)
        tasks[-1].offsets.append(start + row)
        row += length
    return tasks


def _rows(task: Task) -> tuple[int, int]:
    start = task.offsets[0]
    stop = task.offsets[-1] + task.lengths[-1]
    return start, start + -(-(stop - start) // SHARD_FRAMES) * SHARD_FRAMES


def _begin(out: Path, settings: dict[str, Any], tasks: list[Task]) -> None:
    """Write plan and empty arrays, or check that the plan of an earlier call is the same."""
    plan = {
        "videos": [
            [source.name, length]
            for task in tasks
            for source, length in zip(task.sources, task.lengths, strict=True)
        ]
    }
    notes = out / WORK
    if (notes / "plan.json").exists():
        if json.loads((notes / "plan.json").read_text()) != plan:
            raise StoreError(f"{out}: begun with other recordings; give another folder")
        if (out / "points" / "zarr.json").exists() and (out / "count" / "zarr.json").exists():
            return
    notes.mkdir(parents=True, exist_ok=True)
    for leftover in ("points", "count", "zarr.json"):
        if (out / leftover).is_dir():
            shutil.rmtree(out / leftover)
        (out / leftover).unlink(missing_ok=True)
    for note in notes.glob("*.json"):
        note.unlink()
    kept = {path.name: path.read_bytes() for path in notes.iterdir() if path.is_file()}
    create_store(out, settings, _rows(tasks[-1])[1])
    notes.mkdir(exist_ok=True)
    for name, data in kept.items():
        (notes / name).write_bytes(data)
    write_json(notes / "plan.json", plan)


class _Pool(NamedTuple):
    jobs: int
    skip_bad: bool
    scheduler: str | None


def _work(
    reader: Reader,
    out: Path,
    storage: Storage,
    tasks: list[Task],
    pool: _Pool,
    progress: Progress | None,
) -> None:
    total = sum(len(task.sources) for task in tasks)
    todo = [task for task in tasks if not (out / WORK / f"{task.number}.json").exists()]
    done = total - sum(len(task.sources) for task in todo)
    sizes = {task.number: len(task.sources) for task in todo}

    def call(task: Task) -> tuple[Callable[..., int], tuple[Any, ...]]:
        return run_task, (reader, out, storage, task, pool.skip_bad)

    for number in _execute([call(task) for task in todo], pool):
        done += sizes[number]
        if progress:
            progress(done, total, f"of {len(tasks)} groups, group {number} written")


def _execute(calls: list[tuple[Callable[..., int], tuple[Any, ...]]], pool: _Pool) -> Iterator[int]:
    if pool.scheduler:
        yield from _execute_on_dask(calls, pool.scheduler)
    elif pool.jobs <= 1 or len(calls) <= 1:
        for function, arguments in calls:
            yield function(*arguments)
    else:
        workers = min(pool.jobs, len(calls))
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as processes:
            futures = [processes.submit(function, *arguments) for function, arguments in calls]
            try:
                for future in as_completed(futures):
                    yield future.result()
            except BaseException:
                processes.shutdown(wait=False, cancel_futures=True)
                raise


def _execute_on_dask(
    calls: list[tuple[Callable[..., int], tuple[Any, ...]]], address: str
) -> Iterator[int]:
    try:
        from distributed import Client
        from distributed import as_completed as as_they_come
    except ImportError:
        raise InputError("--scheduler needs Dask: pip install 'pcv[dask]'") from None
    with Client(address) as client:
        futures = [client.submit(f, *arguments, pure=False) for f, arguments in calls]
        for future in as_they_come(futures):
            yield future.result()


def run_task(reader: Reader, out: Path, storage: Storage, task: Task, skip_bad: bool) -> int:
    """Read, order and write the videos of one task, then note it as done; returns its number."""
    start, stop = _rows(task)
    dtype = np.dtype(storage.dtype)
    points = np.zeros((stop - start, storage.points, 3), dtype)
    count = np.zeros(stop - start, np.int32)
    videos, dropped = [], []
    for source, length, offset in zip(task.sources, task.lengths, task.offsets, strict=True):
        try:
            entry = _convert(
                reader, source, length, storage, points[offset - start :], count[offset - start :]
            )
        except RawFileError as error:
            if not skip_bad:
                raise
            dropped.append({"file": source.path.name, "why": f"{error.problem}; {error.advice}"})
            continue
        videos.append(entry | {"offset": offset})
    shards = write_rows(out, start, points, count)
    note = {"videos": videos, "dropped": dropped, "shards": shards}
    write_json(out / WORK / f"{task.number}.json", note)
    return task.number


def _convert(
    reader: Reader,
    source: VideoSource,
    length: int,
    storage: Storage,
    points: NDArray[Any],
    count: NDArray[np.int32],
) -> dict[str, Any]:
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
        "file": source.path.name,
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


def _finish(
    out: Path, settings: dict[str, Any], tasks: list[Task], bad: list[InputError]
) -> PrepareSummary:
    videos: list[dict[str, Any]] = []
    dropped = [_dropped(error) for error in bad]
    shards: dict[str, str] = {}
    for task in tasks:
        note = json.loads((out / WORK / f"{task.number}.json").read_text())
        videos += note["videos"]
        dropped += note["dropped"]
        shards |= note["shards"]
    if not videos:
        raise InputError(f"{out}: every recording is unusable, e.g. {dropped[0]['why']}")
    attributes = settings | {
        "videos": {key: [video[key] for video in videos] for key in COLUMNS},
        "manifest": {video["file"]: video["sha256"] for video in videos},
        "empty_frames": sum(video["empty"] for video in videos),
        "sparse_frames": sum(video["sparse"] for video in videos),
        "dropped": sorted(dropped, key=lambda item: item["file"]),
        "shards": shards,
    }
    finish_store(out, attributes)
    shutil.rmtree(out / WORK, ignore_errors=True)
    skipped = [f"{item['file']}: {item['why']}" for item in attributes["dropped"]]
    return PrepareSummary(len(videos), sum(v["length"] for v in videos), skipped, out)


def _dropped(error: InputError) -> dict[str, str]:
    if isinstance(error, RawFileError):
        return {"file": error.path.name, "why": f"{error.problem}; {error.advice}"}
    return {"file": "", "why": str(error)}


__all__ = ["PrepareSummary", "prepare", "run_task"]
