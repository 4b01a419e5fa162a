"""The command as a whole process: ``pcv --help`` and ``pcv info``, against a limit."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.harness import Comparison, Peer, Setting
from tests.benchmarks.recordings import utd_store


def cases(setting: Setting) -> Iterator[Comparison]:
    yield compare("pcv --help", ["--help"], 0.3)
    store = utd_store(setting)
    if store is None:
        yield Comparison("command", "pcv info", None, [Peer("limit 1 s")], 1.0, why="no store")
    else:
        yield compare("pcv info", ["info", str(store)], 1.0)


def compare(name: str, words: list[str], limit: float) -> Comparison:
    """Beside the limit, which is waited out, so that the ratio says how much of it is left."""
    command = [str(Path(sys.executable).with_name("pcv")), *words]
    return Comparison(
        "command",
        name,
        lambda _: run(command),
        [Peer(f"limit {limit:g} s", lambda _: time.sleep(limit))],
        1.0,
        threads=(1,),
        rounds=11,
    )  # fmt: skip


def run(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True)
