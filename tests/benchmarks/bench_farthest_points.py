"""Farthest point order of one cloud, against fpsample at its best setting."""

from __future__ import annotations

import functools
import time
from collections.abc import Iterator

import numpy as np
import torch

from pcv.data.farthest_order import farthest_order
from pcv.ops import farthest_points
from tests.benchmarks.clouds import NO_DATA, lidar_scan, uniform, utd_frame
from tests.benchmarks.harness import Call, Comparison, Peer, Setting, installed

HEIGHTS = (3, 5, 7, 9)


def cases(setting: Setting) -> Iterator[Comparison]:
    frame, scan = utd_frame(setting.data), lidar_scan(setting.data)
    for name, cloud, count in (
        ("UTD frame", frame, 2048),
        ("UTD frame", frame, 4096),
        ("LiDAR scan", scan, 8192),
        ("uniform", uniform(100_000), 16_384),
    ):
        if cloud is None:
            yield Comparison("FPS order", f"{name} -> {count:,}", None, [peer(None, 0)], 1.5,
                             why=NO_DATA)  # fmt: skip
            continue
        yield Comparison(
            "FPS order",
            f"{name}, {len(cloud):,} -> {count:,}",
            functools.partial(order, cloud, count),
            [peer(cloud, count)],
            1.5,
            exact=functools.partial(exact, cloud),
            threads=(1,),  # one frame is one task; frames are what runs in parallel
        )


def order(cloud: np.ndarray, count: int, threads: int) -> np.ndarray:
    return farthest_order(cloud, count)


def exact(cloud: np.ndarray, found: np.ndarray) -> str:
    wanted = farthest_points(torch.from_numpy(cloud)[None], len(found))[0].numpy()
    return f"{(found == wanted).mean():.0%} as defined"


def peer(cloud: np.ndarray | None, count: int) -> Peer:
    """The fastest of fpsample's bucket samplers at all heights that the issue names."""
    fpsample, name = installed("fpsample")
    if fpsample is None:
        return Peer("fpsample", why=name)
    if cloud is None:
        return Peer(name, why=NO_DATA)
    samplers = {
        "kdtree": fpsample.bucket_fps_kdtree_sampling,
        "kdline": fpsample.bucket_fps_kdline_sampling,
    }
    calls: dict[str, Call] = {"kdtree": lambda _: samplers["kdtree"](cloud, count, start_idx=0)}
    for height in HEIGHTS:
        calls[f"kdline h {height}"] = lambda _, h=height: samplers["kdline"](
            cloud, count, h=h, start_idx=0
        )
    took = {key: seconds(call) for key, call in calls.items()}
    best = min(took, key=lambda key: took[key])
    return Peer(f"{name} {best}", calls[best], agrees=same)


def seconds(call: Call) -> float:
    times = []
    for _ in range(3):
        began = time.perf_counter()
        call(1)
        times.append(time.perf_counter() - began)
    return min(times)


def same(ours: np.ndarray, theirs: np.ndarray) -> str:
    """The bucket samplers of 1.0.2 do not begin where they are told to."""
    shared = np.isin(theirs.astype(np.int64), ours).mean()
    return f"peer begins at {theirs[0]}, {shared:.0%} of its points are ours"
