"""Rows of a benchmark as a table for people and as JSON for scripts."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numba
import numpy as np
import torch
from rich.table import Table

from tests.benchmarks.harness import Row

COLUMNS = ("what", "size", "threads", "ours ms", "peer", "peer ms", "ratio", "aim", "agreement")


def table(rows: list[Row]) -> Table:
    """One line a row; the ratio is how many times faster we are, its quartiles below."""
    found = Table(*COLUMNS, title="pcv beside its peers", show_lines=False, pad_edge=False)
    before: tuple[str, str] = ("", "")
    for row in rows:
        what, size = (
            "" if a == b else a for a, b in zip((row.what, row.size), before, strict=True)
        )
        before = (row.what, row.size)
        if row.skipped:
            found.add_row(what, size, "", "", row.peer, "", "skipped", "", row.skipped, style="dim")
            continue
        assert row.ratio is not None
        assert row.spread is not None
        colour = "green" if row.ratio >= row.aim else "red"
        spread = f"{row.spread[0]:.2f}-{row.spread[1]:.2f}, n {row.rounds}"
        found.add_row(
            what,
            size,
            str(row.threads),
            _number(row.ours_ms),
            row.peer,
            _number(row.peer_ms),
            f"[{colour}]{row.ratio:.2f}[/] ({spread})",
            f"{row.aim:g}",
            "; ".join(text for text in (row.agreement, row.note, _memory(row)) if text),
        )
    return found


def _memory(row: Row) -> str:
    if row.ours_mib is None:
        return ""
    peer = "" if row.peer_mib is None else f", peer {row.peer_mib:.0f}"
    return f"a step adds {row.ours_mib:.0f} MiB{peer}"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.0f}" if value >= 1000 else f"{value:.3g}"


def write(path: Path, rows: list[Row]) -> None:
    """Write rows, versions and hardware."""
    content = {"machine": machine(), "rows": [row.as_json() for row in rows]}
    path.write_text(json.dumps(content, indent=1) + "\n")


def machine() -> dict[str, Any]:
    """What was measured on; the load says whether anything else ran."""
    versions = {name: importlib.metadata.version(name) for name in ("pcv", "zarr", "scipy")}
    return {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": _cpu(),
        "cores": len(os.sched_getaffinity(0)),
        "load": os.getloadavg(),
        "memory_gib": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "system": platform.platform(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numba": numba.__version__,
        "numpy": np.__version__,
        **versions,
    }


def _cpu() -> str:
    facts = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(": ")[2] for line in facts if line.startswith("model name")), "?")
