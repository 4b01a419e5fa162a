"""Run the benchmarks: ``python -m tests.benchmarks``; ``--help`` tells what can be chosen."""

from __future__ import annotations

import argparse
import importlib
import os
import tempfile
import warnings
from pathlib import Path
from types import ModuleType

from rich.console import Console

from tests.benchmarks.harness import Row, Setting, measure
from tests.benchmarks.table import table, write

SUBJECTS = (
    "farthest_points", "ball_query", "pst_conv", "p4d_conv", "store", "prepare", "step",
    "state_space", "cli", "rasteriser",
)  # fmt: skip
WIDE = 190  # columns where the output is no terminal


def main() -> None:
    """Time the chosen subjects and print one table."""
    chosen = arguments()
    # Open3D brings a TBB that Numba does not want; it then uses OpenMP, as everywhere.
    warnings.filterwarnings("ignore", message="The TBB threading layer")
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDE)
    if chosen.list:
        for name in SUBJECTS:
            console.print(f"{name:16} {(subject(name).__doc__ or '').splitlines()[0]}")
        return
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="pcv-bench-") as folder:
        setting = Setting(
            chosen.data, chosen.store, Path(folder), chosen.seconds, tuple(chosen.threads)
        )
        for name in chosen.only or SUBJECTS:
            for comparison in subject(name).cases(setting):
                with console.status(f"{comparison.what}, {comparison.size}"):
                    rows += measure(comparison, setting)
    console.print(table(rows))
    if chosen.out:
        write(chosen.out, rows)


def arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    cores = len(os.sched_getaffinity(0))
    data, store = os.environ.get("PCV_DATA"), os.environ.get("PCV_STORE")
    parser.add_argument("--only", action="append", choices=SUBJECTS, metavar="NAME",
                        help="a subject of --list; may be repeated")  # fmt: skip
    parser.add_argument("--threads", type=int, nargs="+", default=sorted({1, cores}),
                        help="numbers of threads; default: one and all")  # fmt: skip
    parser.add_argument("--data", type=Path, default=Path(data) if data else None,
                        help="folder of real recordings; default: $PCV_DATA")  # fmt: skip
    parser.add_argument("--store", type=Path, default=Path(store) if store else None,
                        help="prepared store of UTD-MHAD; default: $PCV_STORE, "
                        "else one of a few recordings is prepared")  # fmt: skip
    parser.add_argument("--seconds", type=float, default=4.0, help="about, for one comparison")
    parser.add_argument("--out", type=Path, metavar="FILE.json", help="write the rows as JSON")
    parser.add_argument("--list", action="store_true", help="list the subjects")
    return parser.parse_args()


def subject(name: str) -> ModuleType:
    """Import a subject, whose imports may be heavy."""
    return importlib.import_module(f"tests.benchmarks.bench_{name}")


if __name__ == "__main__":
    main()
