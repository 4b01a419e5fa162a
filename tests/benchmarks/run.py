"""Time what pcv exists for against the obvious alternative, in one process: ``make bench``.

Medians over rounds that alternate between the two, so that a machine's drift hits both.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import zarr

from pcv.config import EncoderConfig
from pcv.data.raw.msr import MsrAction3d
from pcv.data.store import open_store
from pcv.encoders import build_encoder
from pcv.ops import farthest_points
from pcv.ops.farthest_order import farthest_order
from pcv.stages import People, prepare, synthesise

ROUNDS = 7


def compare(name: str, ours: Callable[[], object], other: Callable[[], object]) -> None:
    """Print medians and the ratio."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS + 1):
        for kept, function in zip(times, (ours, other), strict=True):
            began = time.perf_counter()
            function()
            kept.append(time.perf_counter() - began)
    ratios = [b / a for a, b in zip(times[0][1:], times[1][1:], strict=True)]
    first, second = (statistics.median(t[1:]) * 1000 for t in times)
    low, high = min(ratios), max(ratios)
    sys.stdout.write(
        f"{name}: {first:.2f} ms against {second:.2f} ms, "
        f"{statistics.median(ratios):.1f} times faster ({low:.1f} to {high:.1f}), n {ROUNDS}\n"
    )


def main() -> None:
    """Run every comparison."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        synthesise(place / "raw", "msr", people=People(2, 4, 1), jobs=1)
        options = {"points": 2048, "dtype": "int16", "step": 2**-11, "jobs": 1}
        reader = MsrAction3d()
        prepare(reader, place / "raw", place / "store", options)
        store = open_store(place / "store")
        frame = reader.read_video(reader.list_videos(place / "raw")[0]).frames[10]
        cloud = torch.from_numpy(frame)[None]
        compare(
            f"farthest-point order, {len(frame)} points to 2048, pruned against plain Numba",
            lambda: farthest_order(frame, 2048),
            lambda: farthest_points(cloud, 2048),
        )
        rows = np.arange(24)
        slow = zarr.open_group(place / "store", mode="r")["points"]
        compare(
            "reading a clip of 24 x 1024 points, our reader against zarr-python",
            lambda: store.read(0, rows, 1024),
            lambda: slow[0:24, :1024],
        )
    points = torch.rand(16, 4, 512, 3)
    index = farthest_points(points.reshape(64, 512, 3), 512)
    points = torch.stack([c[i] for c, i in zip(points.reshape(64, 512, 3), index, strict=True)])
    points = points.reshape(16, 4, 512, 3)
    nets = [
        build_encoder(EncoderConfig(width=0.25, radius=0.2, anchors=anchors))
        for anchors in ("prefix", "fps")
    ]
    compare(
        "PSTNet forward and backward, 16 segments of 4 x 512, prefix anchors against sampled ones",
        lambda: nets[0](points).feature.square().mean().backward(),
        lambda: nets[1](points).feature.square().mean().backward(),
    )


if __name__ == "__main__":
    main()
