"""Raw recordings to a store: resumable when killed, parallel, the same bytes for any ``jobs``.

Videos are dealt to tasks that own whole shards. A task reads its videos, orders every frame,
writes its shards once and only then its note of completion; the store's attributes turn
``complete`` after the last note.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pcv.clip import VideoSource
from pcv.data.changes import (
    begun_entries,
    noted,
    origin_of,
    path_below,
    refuse_changes,
    stored_entries,
)
from pcv.data.convert import Storage, ViewTarget, convert
from pcv.data.raw.reader import ViewReader, columns_of, reader_settings
from pcv.data.store.checksum import source_checksum
from pcv.data.store.json_file import write_json
from pcv.data.store.layout import ArrayLayout, Rows, layout_of
from pcv.data.store.store import create_store, finish_store, read_attributes, write_rows
from pcv.data.store.views import VIEW_COLUMNS, slots_of, view_arrays
from pcv.data.workers import Workers, execute, get_ready
from pcv.errors import InputError, RawFileError, StoreError, disk_errors
from pcv.progress import Advance, Progress
from pcv.whole import vacant

if TYPE_CHECKING:
    from pcv.data.raw.reader import Reader

WORK = ".pcv"  # plan and notes of an unfinished preparation
TASK_SHARDS = 4  # about how many shards a task owns: a video always stays in one task
MOST_NOTED = 20  # left-out frames that the summary names
COLUMNS = ("name", "offset", "length", "label", "subject", "camera", "split", "origin", "centroid",
           "sizes", *VIEW_COLUMNS)  # fmt: skip


class PrepareSummary(NamedTuple):
    """What preparation did."""

    videos: int
    frames: int
    skipped: list[str]
    out: Path
    notes: list[str] | None = None  # further lines for the user: on views, and what points suggest


class TaskJob(NamedTuple):
    """What all tasks of one preparation have in common."""

    reader: Reader
    raw: Path
    out: Path
    storage: Storage
    skip_bad: bool
    layout: ArrayLayout


class Task(NamedTuple):
    """Videos that share whole shards, and the row at which each begins."""

    number: int
    sources: list[VideoSource]
    lengths: list[int]
    offsets: list[int]  # first row of each video in the store
    slots: list[int]  # of the first view of each video; the slots of a video are whole shards


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
        reader: The reader of the raw format.
        raw: The folder to read.
        out: The folder to write; new, empty, or an unfinished store of the same settings.
        points: Points per frame.
        dtype: ``int16``, in steps from an origin per video, or ``float32``.
        step: Metres per step; a power of two keeps distances, and so the order, exact.
        jobs: How many processes work.
        skip_bad: Whether to leave unreadable recordings out and say which.
        limit: Convert only this many recordings, the first ones; None: all.
        scheduler: Address of a Dask scheduler whose workers are used instead of processes.
        progress: Called after each task.

    Raises:
        InputError: There is nothing to read, a recording is unreadable, or ``out`` holds something
            else.
        PcvError: The disk is full.
    """
    if dtype not in ("int16", "float32"):
        raise InputError(f"--dtype {dtype}: choose int16 or float32")
    workers = Workers(jobs, scheduler)
    get_ready(workers, ["pcv.data.prepare"])
    storage = Storage(points, dtype, step if dtype == "int16" else None)
    bad: list[InputError] = []
    sources = reader.list_videos(raw, bad if skip_bad else None)[:limit]
    settings: dict[str, Any] = {
        "dataset": reader.dataset,
        "class_names": list(reader.class_names),
        "axes": reader.axes,
        "reader": reader.settings(),
        **storage._asdict(),
        **reader_settings(reader),
    }
    with disk_errors(out):
        summary = _resume_or_refuse(out, settings, sources, raw, len(bad))
        if summary is None:
            layout = layout_of(settings)
            tasks = _plan(reader, sources, bad if skip_bad else None, layout.shard_frames)
            if not tasks:
                raise InputError(f"{raw}: no usable recording: {bad[0] if bad else 'none found'}")
            _begin(out, settings, tasks, _slots(reader, tasks))
            job = TaskJob(reader, raw, out, storage, skip_bad, layout)
            _work(out, tasks, job, workers, progress)
            summary = _finish(out, settings, tasks, [_dropped(error, raw) for error in bad])
    return summary


def _slots(reader: Reader, tasks: list[Task]) -> int:
    """Return how many slots the views of all videos take."""
    if not isinstance(reader, ViewReader):
        return 0
    return tasks[-1].slots[-1] + slots_of(reader.count_views(tasks[-1].sources[-1]))


def _resume_or_refuse(
    out: Path, settings: dict[str, Any], sources: list[VideoSource], raw: Path, bad: int
) -> PrepareSummary | None:
    if vacant(out):
        return None
    if not out.is_dir():
        raise StoreError(f"{out}: is a file; give a folder")
    try:
        found = read_attributes(out)
    except StoreError:
        if [p.name for p in out.iterdir()] == [WORK]:
            return None  # killed between the plan and the group
        raise StoreError(f"{out}: holds something else; give a new or empty folder") from None
    for key, value in ({"columns": None, "views": None} | settings).items():
        if found.get(key) != value:
            raise StoreError(
                f"{out}: a store with {key} {found.get(key)}, asked for {value}; "
                "give another folder"
            )
    if not found["complete"]:
        return None
    summary = _finished(out, found, len(sources) + bad)
    refuse_changes(out / "zarr.json", stored_entries(found, sources, raw), sources, settings)
    return summary


def _finished(out: Path, found: dict[str, Any], asked: int) -> PrepareSummary:
    dropped = [f"{d['file']}: {d['why']}" for d in found["dropped"]]
    if len(found["videos"]["name"]) + len(dropped) != asked:
        raise StoreError(
            f"{out}: finished with {len(found['videos']['name'])} videos, {asked} were asked for; "
            "give another folder"
        )
    return PrepareSummary(
        len(found["videos"]["name"]), sum(found["videos"]["length"]), dropped, out, _notes(found)
    )


def _plan(
    reader: Reader, sources: list[VideoSource], bad: list[InputError] | None, shard: int
) -> list[Task]:
    """Deal videos, in order, to tasks; each task begins at a shard, of ``shard`` rows."""
    tasks: list[Task] = []
    row = TASK_SHARDS * shard  # full: the first video opens a task
    start = slot = 0
    for source in sources:
        try:
            length = reader.count_frames(source)
        except RawFileError as error:
            if bad is None:
                raise
            bad.append(error)
            continue
        if row >= TASK_SHARDS * shard:
            start += -(-row // shard) * shard if tasks else 0
            tasks.append(Task(len(tasks), [], [], [], []))
            row = 0
        tasks[-1].sources.append(source)
        tasks[-1].lengths.append(length)
        tasks[-1].offsets.append(start + row)
        tasks[-1].slots.append(slot)
        row += length
        slot += slots_of(reader.count_views(source)) if isinstance(reader, ViewReader) else 0
    return tasks


def _rows(task: Task, shard: int) -> tuple[int, int]:
    start = task.offsets[0]
    stop = task.offsets[-1] + task.lengths[-1]
    return start, start + -(-(stop - start) // shard) * shard


def _begin(out: Path, settings: dict[str, Any], tasks: list[Task], slots: int) -> None:
    """Write the plan and empty arrays, or check that an earlier call had the same plan."""
    plan = {
        "videos": [
            [noted(source), length]
            for task in tasks
            for source, length in zip(task.sources, task.lengths, strict=True)
        ]
    }
    notes = out / WORK
    arrays = ("points", "count", *settings.get("columns", {}), *view_arrays(settings, slots))
    if (notes / "plan.json").exists():
        sources = [source for task in tasks for source in task.sources]
        refuse_changes(notes / "plan.json", begun_entries(notes), sources, settings)
        if json.loads((notes / "plan.json").read_text()) != plan:
            raise StoreError(f"{out}: begun with other recordings; give another folder")
        if all((out / array / "zarr.json").exists() for array in arrays):
            return
    notes.mkdir(parents=True, exist_ok=True)
    for leftover in (*arrays, "zarr.json"):
        if (out / leftover).is_dir():
            shutil.rmtree(out / leftover)
        (out / leftover).unlink(missing_ok=True)
    for note in notes.glob("*.json"):
        note.unlink()
    kept = {path.name: path.read_bytes() for path in notes.iterdir() if path.is_file()}
    rows = _rows(tasks[-1], layout_of(settings).shard_frames)[1]
    create_store(out, settings, rows, slots)
    notes.mkdir(exist_ok=True)
    for name, data in kept.items():
        (notes / name).write_bytes(data)
    write_json(notes / "plan.json", plan)


def _work(
    out: Path, tasks: list[Task], job: TaskJob, workers: Workers, progress: Progress | None
) -> None:
    total = sum(len(task.sources) for task in tasks)
    todo = [task for task in tasks if not (out / WORK / f"{task.number}.json").exists()]
    sizes = {task.number: len(task.sources) for task in todo}
    advance = Advance(progress, total)
    # Without a beginning the first group would tell no rate.
    advance(total - sum(sizes.values()), f"{len(todo)} of {len(tasks)} groups to do")
    for number in execute([(run_task, (job, task)) for task in todo], workers):
        advance(sizes[number], f"of {len(tasks)} groups, group {number} written")


def run_task(job: TaskJob, task: Task) -> int:
    """Read, order and write the videos of one task, note it as done, and return its number."""
    start, stop = _rows(task, job.layout.shard_frames)
    columns = columns_of(job.reader)
    rows = Rows.zeros(stop - start, job.storage.points, job.storage.dtype, columns)
    videos, dropped = [], []
    for source, length, offset, slot in zip(*task[1:], strict=True):
        target = ViewTarget(job.out, slot) if isinstance(job.reader, ViewReader) else None
        try:
            room = rows.since(offset - start)
            entry = convert(job.reader, source, length, job.storage, room, target)
            entry["sha256"] = source_checksum(source)
        except RawFileError as error:
            if not job.skip_bad:
                raise
            dropped.append(_dropped(error, job.raw))
            continue
        videos.append(entry | {"offset": offset, "file": origin_of(job.raw, source)})
    shards = write_rows(job.out, start, rows)
    for entry in videos:
        shards |= entry.pop("view_shards", {})
    note = {"videos": videos, "dropped": dropped, "shards": shards}
    write_json(job.out / WORK / f"{task.number}.json", note)
    return task.number


def _finish(
    out: Path, settings: dict[str, Any], tasks: list[Task], bad: list[dict[str, str]]
) -> PrepareSummary:
    videos: list[dict[str, Any]] = []
    dropped = list(bad)
    shards: dict[str, str] = {}
    for task in tasks:
        note = json.loads((out / WORK / f"{task.number}.json").read_text())
        videos += note["videos"]
        dropped += note["dropped"]
        shards |= note["shards"]
    if not videos:
        raise InputError(f"{out}: every recording is unusable, e.g. {dropped[0]['why']}")
    columns = [key for key in COLUMNS if key in videos[0]]
    # Where recordings lay far from zero, the store says what was subtracted from each.
    columns += ["shift"] if any(any(video["shift"]) for video in videos) else []
    attributes = settings | {
        "videos": {key: [video[key] for video in videos] for key in columns},
        "manifest": {video["file"]: video["sha256"] for video in videos},
        "empty_frames": sum(video["empty"] for video in videos),
        "sparse_frames": sum(video["sparse"] for video in videos),
        "dropped": sorted(dropped, key=lambda item: item["file"]),
        "dropped_frames": [line for video in videos for line in video["left_out"]],
        "shards": shards,
    }
    if "columns" in settings:
        attributes["class_points"] = [
            sum(c) for c in zip(*(v["class_points"] for v in videos), strict=True)
        ]
    finish_store(out, attributes)
    shutil.rmtree(out / WORK, ignore_errors=True)
    skipped = [f"{item['file']}: {item['why']}" for item in attributes["dropped"]]
    frames = sum(video["length"] for video in videos)
    return PrepareSummary(len(videos), frames, skipped, out, _notes(attributes))


def _notes(attributes: dict[str, Any]) -> list[str] | None:
    """Return lines on the number of views and on what was left out of recordings, or mended."""
    lines = attributes["dropped_frames"]
    if "views" not in attributes:
        more = [f"and {len(lines) - MOST_NOTED} more"] if len(lines) > MOST_NOTED else []
        return [*lines[:MOST_NOTED], *more] or None
    notes = [f"{sum(attributes['videos']['view_count'])} views"]
    if lines:
        notes += [f"{len(lines)} frames left out; pcv info lists them all", *lines[:MOST_NOTED]]
    return notes


def _dropped(error: InputError, raw: Path) -> dict[str, str]:
    if isinstance(error, RawFileError):
        return {"file": path_below(raw, error.path), "why": f"{error.problem}; {error.advice}"}
    return {"file": "", "why": str(error)}


__all__ = ["PrepareSummary", "prepare", "run_task"]
