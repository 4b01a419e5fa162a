"""Recordings of synthetic people in the raw format of a real dataset, without any download."""

from __future__ import annotations

import json
import zipfile
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pcv.errors import InputError, disk_errors
from pcv.progress import Advance, Progress
from pcv.synth.body import PART_NAMES, capsules, draw_person, vary
from pcv.synth.camera import render_capsules
from pcv.synth.formats.msr import MSR
from pcv.synth.formats.ntu import NTU
from pcv.synth.formats.nvgesture import NVGESTURE
from pcv.synth.formats.shrec import SHREC
from pcv.synth.motions import ACTIONS
from pcv.synth.recording import Format, SyntheticRecording
from pcv.whole import whole_file

FORMATS: dict[str, Format] = {"msr": MSR, "ntu": NTU, "nvgesture": NVGESTURE, "shrec": SHREC}
SHORTEST, LONGEST = 30, 50  # frames at pace 1
PARTS, MARK = "parts", "made.json"


def synthesise_people(  # noqa: PLR0913 - the options of the command
    out: Path,
    *,
    format: str = "msr",
    actions: int = 12,
    subjects: int = 10,
    trials: int = 2,
    seed: int = 0,
    jobs: int = 1,
    progress: Progress | None = None,
) -> int:
    """Write recordings in a raw format, and the body part of each pixel in ``parts/``.

    A seed always gives the same files, whatever ``jobs`` is. What an earlier call with the same
    seed finished is kept; nothing that was not synthesised is ever overwritten.

    Returns:
        How many recordings there are.

    Raises:
        InputError: The format is unknown, a count is out of range, or ``out`` holds something
            else, recordings of another seed included.
        PcvError: The disk is full.
    """
    if format not in FORMATS:
        raise InputError(f"--format {format}: choose one of {', '.join(FORMATS)}")
    most = (min(len(ACTIONS), FORMATS[format].most[0]), *FORMATS[format].most[1:])
    if not all(1 <= n <= top for n, top in zip((actions, subjects, trials), most, strict=True)):
        raise InputError(
            f"{format}: choose 1 to {most[0]} actions, 1 to {most[1]} subjects and "
            f"1 to {most[2]} trials"
        )
    wanted = [
        SyntheticRecording(action, subject, trial, seed)
        for action in range(actions)
        for subject in range(1, subjects + 1)
        for trial in range(1, trials + 1)
    ]
    with disk_errors(out):
        _claim(out, format, seed)
        _write_all(out, format, wanted, jobs, progress)
        FORMATS[format].finish(out, wanted)
    return len(wanted)


def _write_all(
    out: Path, format: str, wanted: list[SyntheticRecording], jobs: int, progress: Progress | None
) -> None:
    advance = Advance(progress, len(wanted))
    if jobs <= 1:
        for recording in wanted:
            advance(text=_write(out, format, recording))
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        count = len(wanted)
        for name in pool.map(_write, [out] * count, [format] * count, wanted, chunksize=4):
            advance(text=name)


def render(
    recording: SyntheticRecording, format: Format = MSR
) -> tuple[NDArray[np.uint16], NDArray[np.uint8]]:  # (T, H, W) both
    """Render depth in the format's unit, and body parts from 1; 0 is background in both."""
    action, subject, trial, seed = recording
    rng = np.random.default_rng([seed, action, subject, trial])
    person = vary(draw_person(np.random.default_rng([seed, subject])), rng)
    frames = int(np.clip(rng.integers(SHORTEST, LONGEST + 1) / person.pace, 24, 90))
    warp = rng.uniform(-0.15, 0.15)  # where in the action this trial is fast
    act = ACTIONS[action]
    depth = np.zeros((frames, format.camera.height, format.camera.width), np.uint16)
    parts = np.zeros(depth.shape, np.uint8)
    for index in range(frames):
        t = index / (frames - 1)
        t += warp * np.sin(np.pi * t) ** 2
        shapes = format.pose(capsules(person, act(t)), recording)
        exact, parts[index] = render_capsules(shapes, format.camera)
        depth[index] = format.sense(exact, rng)
        parts[index][depth[index] == 0] = 0
    return depth, parts


def _claim(out: Path, format: str, seed: int) -> None:
    """Refuse ``out`` unless it is new, empty, or of a call for the same format and seed."""
    if out.exists() and not out.is_dir():
        raise InputError(f"{out}: is a file; give a folder")
    mark = out / PARTS / MARK
    try:
        made = json.loads(mark.read_text())
    except (OSError, ValueError):
        made = None
    if not isinstance(made, dict):
        for path in sorted(out.iterdir()) if out.exists() else []:
            if path.name != PARTS or any(path.iterdir()):
                raise InputError(f"{out}: holds {path.name} already; give a new or empty folder")
    for key, value in {"format": format, "seed": seed}.items():
        if made and made.get(key) != value:
            raise InputError(
                f"{out}: holds recordings of {key} {made.get(key)}, asked for {value}; "
                "give another folder"
            )
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.write_text(json.dumps({"format": format, "seed": seed}))


def _made(labels: Path, seed: int) -> bool:
    """Return whether a file of body parts is whole and was made with this seed."""
    try:
        with np.load(labels, allow_pickle=False) as file:
            return int(file["seed"]) == seed
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return False


def _write(out: Path, format: str, recording: SyntheticRecording) -> str:
    style = FORMATS[format]
    name = style.name(recording)
    target = out / style.path(recording)
    labels = out / PARTS / f"{name}_parts.npz"
    if target.exists() and not labels.exists():
        # Parts are written first: a recording without them was not made here, and may be real.
        raise InputError(f"{target}: was not synthesised; give a new or empty folder")
    if target.exists() and _made(labels, recording.seed):
        return name
    depth, parts = render(recording, style)
    names, number = np.array(PART_NAMES), np.int64(recording.seed)
    with whole_file(labels, shared=True) as partial, partial.open("wb") as file:
        np.savez_compressed(file, parts=parts, names=names, seed=number)
    target.parent.mkdir(parents=True, exist_ok=True)
    style.write(target, depth)
    return name
