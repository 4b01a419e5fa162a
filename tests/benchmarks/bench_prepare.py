"""``pcv prepare`` as a whole command, against the field's script in as many processes."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pcv.data.raw.utd import UtdMhad
from tests.benchmarks.clouds import NO_DATA, utd_root
from tests.benchmarks.harness import Call, Comparison, Peer, Setting, installed
from tests.benchmarks.recordings import ROOT

VIDEOS, ROUNDS = 120, 3
WHAT = "preparation, a frame"


def cases(setting: Setting) -> Iterator[Comparison]:
    raw = utd_root(setting.data)
    if raw is None:
        yield Comparison(WHAT, "UTD-MHAD", None, [Peer("fpsample + npz")], 3.0, why=NO_DATA)
        return
    reader = UtdMhad()
    frames = sum(map(reader.count_frames, reader.list_videos(raw)[:VIDEOS]))
    ours = command(setting.scratch, str(Path(sys.executable).with_name("pcv")),
                   "prepare", "utd", str(raw), "OUT", "--jobs", "JOBS",
                   "--limit", str(VIDEOS))  # fmt: skip
    size = f"UTD-MHAD, {VIDEOS} videos, {frames:,} frames"
    module, name = installed("fpsample")
    field = command(setting.scratch, sys.executable, "-m", "tests.benchmarks.field_prepare",
                    str(raw), "OUT", "JOBS", str(VIDEOS))  # fmt: skip
    peer = Peer(f"{name} + npz", field, units=frames) if module else Peer("fpsample", why=name)
    yield Comparison(WHAT, size, ours, [peer], 3.0, units=frames, rounds=ROUNDS)
    if 2 in setting.threads:
        alone = Peer("pcv, one process", lambda _: ours(1), units=frames)
        # What the machine itself has to give: its two cores may be threads of one.
        copies = Peer("two copies at once", lambda _: together(ours, 2), units=2 * frames)
        yield Comparison(
            WHAT, size, ours, [alone, copies], 1.8, threads=(2,), units=frames, rounds=ROUNDS
        )


def together(call: Call, count: int) -> None:
    """Run a command so many times at once, in a process each."""
    with ThreadPoolExecutor(count) as pool:
        list(pool.map(call, [1] * count))


def command(scratch: Path, *words: str) -> Call:
    """Run a command with a new folder for OUT and the number of processes for JOBS."""
    places = itertools.count()

    def call(jobs: int) -> None:
        out = scratch / f"prepared-{id(places)}-{next(places)}"
        known = {"OUT": str(out), "JOBS": str(jobs)}
        subprocess.run([known.get(w, w) for w in words], cwd=ROOT, check=True, capture_output=True)

    return call
