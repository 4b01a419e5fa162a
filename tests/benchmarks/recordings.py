"""The store that benchmarks read, and what a child process needs to find this package."""

from __future__ import annotations

import os
from pathlib import Path

from pcv.data.raw.utd import UtdMhad
from pcv.stages.data import prepare
from tests.benchmarks.clouds import utd_root
from tests.benchmarks.harness import Setting

ROOT = Path(__file__).parents[2]
FEW = 24  # recordings of a store that is made here


def utd_store(setting: Setting) -> Path | None:
    """The store that was given; else a small one of the real recordings; else none."""
    if setting.store:
        return setting.store
    raw = utd_root(setting.data)
    if raw is None:
        return None
    out = setting.scratch / "store"
    if not out.exists():
        cores = len(os.sched_getaffinity(0))
        prepare(UtdMhad(), raw, out, {"limit": FEW, "jobs": min(cores, 2)})
    return out
