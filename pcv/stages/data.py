"""``pcv synth``, ``pcv prepare`` and ``pcv info``: raw recordings to a store, and what it holds."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pcv.progress import Progress

if TYPE_CHECKING:
    from pcv.data.prepare import PrepareSummary
    from pcv.data.raw.reader import Reader


class People(NamedTuple):
    """How many synthetic recordings are made, and of what."""

    actions: int = 12
    subjects: int = 10
    trials: int = 2
    seed: int = 0
    sequences: int = 3  # streets for kitti and synthia, rooms for scannet and rgbd
    frames: int = 8  # of each sequence


def synthesise(
    out: Path, format: str, *, people: People, jobs: int = 0, progress: Progress | None = None
) -> int:
    """Write synthetic raw recordings, and return how many.

    Raises:
        InputError: The format is unknown, or ``out`` holds something else.
    """
    if format in ("kitti", "synthia"):
        from pcv.synth.drives import synthesise_street

        size = {"sequences": people.sequences, "frames": people.frames, "seed": people.seed}
        return synthesise_street(out, format, **size, progress=progress)
    if format == "rgbd":
        from pcv.synth.rgbd import synthesise_rgbd

        rooms, frames = people.sequences, people.frames
        return synthesise_rgbd(out, rooms=rooms, frames=frames, seed=people.seed, progress=progress)
    if format == "scannet":
        from pcv.synth.scannet import synthesise_scannet

        return synthesise_scannet(out, rooms=people.sequences, seed=people.seed, progress=progress)
    from pcv.synth.people import synthesise_people

    return synthesise_people(
        out,
        format=format,
        actions=people.actions,
        subjects=people.subjects,
        trials=people.trials,
        seed=people.seed,
        jobs=jobs or _cores(),
        progress=progress,
    )


def prepare(
    reader: Reader,
    raw: Path,
    out: Path,
    options: dict[str, Any],
    progress: Progress | None = None,
    *,
    suggest: bool = False,
) -> PrepareSummary:
    """Convert raw recordings to a store, or finish an interrupted conversion.

    Args:
        reader: Knows the raw format.
        raw: The folder that is read; nothing is written there.
        out: The store that is written.
        options: Keyword arguments of ``pcv.data.prepare.prepare``; ``jobs`` 0: one per core.
        progress: Called after each group of videos.
        suggest: Also measure the points, and note a radius and a frame interval.
    """
    from pcv.data.prepare import prepare as convert

    options = options | {"jobs": options.get("jobs") or _cores()}
    summary = convert(reader, raw, out, progress=progress, **options)
    if not suggest:
        return summary
    from pcv.data.store.store import open_store
    from pcv.data.suggest import suggest as measure
    from pcv.data.suggest import suggestion_lines

    return summary._replace(notes=suggestion_lines(measure(open_store(out))))


def describe(
    store: Path, *, verify: bool = False, progress: Progress | None = None
) -> dict[str, Any]:
    """Return what a store holds; with ``verify`` also the ``problems`` that a check finds."""
    from pcv.data.store.store import open_store

    opened = open_store(store)
    facts = opened.info()
    if verify:
        facts["problems"] = opened.verify(progress)
    return facts


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
