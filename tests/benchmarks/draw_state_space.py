"""Draw what a step costs against tokens, state space beside attention.

``make bench BENCH="--only state_space --threads 1 --seconds 16 --out cost.json"``, then
``python -m tests.benchmarks.draw_state_space cost.json cost.png``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl

from tests.benchmarks.bench_state_space import ATTENDING, TOKENS

OURS = "gated delta rule"


def points(rows: list[dict[str, Any]]) -> dict[str, list[tuple[int, float, float]]]:
    """Of either kind: tokens, milliseconds a token and MiB of a step."""
    ours: dict[int, tuple[int, float, float]] = {}
    theirs = []
    for row in rows:
        if row["ours_mib"] is None or row["skipped"]:
            continue
        tokens = int(row["size"].split()[0].replace(",", ""))
        ours[tokens] = (tokens, row["ours_ms"], row["ours_mib"])
        if row["peer"] == ATTENDING:
            theirs.append((tokens, row["peer_ms"], row["peer_mib"]))
    return {OURS: list(ours.values()), ATTENDING: theirs}


def main(source: Path, out: Path) -> None:
    """Draw time a token and memory of a step of one block, forward and backward."""
    mpl.use("Agg")
    from matplotlib import pyplot as plt
    from matplotlib.ticker import LogLocator

    figure, axes = plt.subplots(1, 2, figsize=(8, 3), layout="constrained")
    for name, found in points(json.loads(source.read_text())["rows"]).items():
        tokens, time, memory = zip(*found, strict=True)
        axes[0].plot(tokens, [1000 * value for value in time], marker="o", label=name)
        axes[1].plot(tokens, memory, marker="o", label=name)
    for axis, title in zip(axes, ("microseconds a token", "MiB that a step adds"), strict=True):
        axis.set(xscale="log", yscale="log", xlabel="tokens", title=title)
        axis.set_xscale("log", base=2)
        axis.set_xticks(TOKENS, [f"{tokens >> 10} k" for tokens in TOKENS])
        axis.yaxis.set_major_locator(LogLocator(subs=(1, 3)))
        axis.yaxis.set_major_formatter("{x:g}")
        axis.yaxis.set_minor_formatter("")
        axis.grid(alpha=0.3)
    axes[0].legend(frameon=False)
    figure.savefig(out, dpi=110)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
