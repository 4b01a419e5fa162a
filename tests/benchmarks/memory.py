"""Memory of one step, in a process of its own: earlier peaks would hide later ones."""

from __future__ import annotations

import functools
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks.recordings import ROOT


@functools.cache
def peak(subject: str, *names: str) -> float:
    """MiB that ``python -m tests.benchmarks.bench_SUBJECT NAMES`` prints."""
    command = [sys.executable, "-m", f"tests.benchmarks.bench_{subject}", *names]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return float(done.stdout)


def print_peak(warm: Callable[[], object], step: Callable[[], object]) -> None:
    """MiB that a step adds to what the process had after a small one: kernels are compiled."""
    warm()
    before = highest_resident()
    step()
    sys.stdout.write(f"{highest_resident() - before:.1f}\n")


def highest_resident() -> float:
    """MiB. What ``getrusage`` says would begin with the memory of the process that started us."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024
