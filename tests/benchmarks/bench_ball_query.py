"""Ball query on the CPU, against torch_cluster, Open3D and SciPy; building their trees counts."""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np
import torch

from pcv.ops import ball_query
from tests.benchmarks.clouds import NO_DATA, uniform, utd_frames
from tests.benchmarks.harness import Comparison, Peer, Setting, installed

ANCHORS_OF_FRAMES = 1024


def cases(setting: Setting) -> Iterator[Comparison]:
    yield compare("48 of 1,024", uniform(48, 1024), 512, 0.15, 9)
    yield compare("3 of 16,384", uniform(3, 16_384), 4096, 0.05, 32)
    yield compare("1 of 65,536", uniform(1, 65_536), 16_384, 0.03, 32)
    frames = utd_frames(setting.data)
    for radius, slots in ((0.1, 9), (0.05, 32)):
        if frames is None:
            yield Comparison("ball query", f"UTD frames, r {radius}, k {slots}", None,
                             [Peer("all")], 2.0, why=NO_DATA)  # fmt: skip
        else:
            least = min(map(len, frames))
            clouds = np.stack([spread(frame, least) for frame in frames[:24]])
            yield compare(f"24 UTD frames of {least:,}", clouds, ANCHORS_OF_FRAMES, radius, slots)


def spread(frame: np.ndarray, count: int) -> np.ndarray:
    """Points of a frame in random order: that of a depth image would favour a scan."""
    return frame[np.random.default_rng(0).permutation(len(frame))[:count]]


def compare(name: str, clouds: np.ndarray, anchors: int, radius: float, slots: int) -> Comparison:
    points = torch.from_numpy(clouds)
    centres = points[:, :anchors].contiguous()
    return Comparison(
        "ball query",
        f"{name}, {anchors:,} anchors, r {radius}, k {slots}",
        lambda _: ball_query(points, centres, radius, slots),
        [
            torch_cluster(points, centres, radius, slots),
            open3d(points, centres, radius, slots),
            scipy(points, centres, radius, slots),
        ],
        2.0,
        exact=functools.partial(exact, points, centres, radius, slots),
    )


def exact(
    points: torch.Tensor, anchors: torch.Tensor, radius: float, slots: int, found: torch.Tensor
) -> str:
    """The share of slots that hold what the definition says."""
    limit = np.float32(radius) * np.float32(radius)
    equal = 0
    for cloud, centres, rows in zip(points.numpy(), anchors.numpy(), found.numpy(), strict=True):
        for start in range(0, len(centres), 256):
            offset = cloud[None] - centres[start : start + 256, None]
            x, y, z = (offset[:, :, axis] ** 2 for axis in range(3))
            inside = (x + y) + z < limit
            place = np.where(inside, inside.cumsum(1) - 1, slots)
            wanted = np.full((len(offset), slots + 1), -1, np.int64)
            row, column = np.nonzero(place < slots)
            wanted[row, place[row, column]] = column
            equal += int((wanted[:, :slots] == rows[start : start + 256]).sum())
    return f"{equal / found.numel():.0%} as defined"


def counts_agree(ours: torch.Tensor, theirs: np.ndarray) -> str:
    """Peers take other neighbours than the first, but as many of them."""
    different = int(((ours >= 0).sum(2).reshape(-1).numpy() != theirs.reshape(-1)).sum())
    return f"counts differ at {different} of {theirs.size:,}"


def torch_cluster(points: torch.Tensor, anchors: torch.Tensor, radius: float, slots: int) -> Peer:
    module, name = installed("torch_cluster", "torch-cluster")
    if module is None:
        return Peer("torch-cluster", why=name)
    batch, count, rows = len(points), points.shape[1], anchors.shape[1]
    x, y = points.reshape(-1, 3), anchors.reshape(-1, 3)
    x_owner = torch.arange(batch).repeat_interleave(count)
    y_owner = torch.arange(batch).repeat_interleave(rows)

    def call(threads: int) -> torch.Tensor:
        return module.radius(
            x, y, radius, x_owner, y_owner, max_num_neighbors=slots, num_workers=threads
        )

    def agrees(ours: torch.Tensor, pairs: torch.Tensor) -> str:
        return counts_agree(ours, np.bincount(pairs[0].numpy(), minlength=batch * rows))

    return Peer(f"{name} radius", call, agrees=agrees)


def open3d(points: torch.Tensor, anchors: torch.Tensor, radius: float, slots: int) -> Peer:
    module, name = installed("open3d")
    if module is None:
        return Peer("open3d", why=name)
    core = module.core
    clouds = [core.Tensor(cloud.numpy()) for cloud in points]
    centres = [core.Tensor(rows.numpy()) for rows in anchors]

    def call(threads: int) -> list:
        found = []
        for cloud, rows in zip(clouds, centres, strict=True):
            search = core.nns.NearestNeighborSearch(cloud)
            search.hybrid_index(radius)
            found.append(search.hybrid_search(rows, radius, slots))
        return found

    def agrees(ours: torch.Tensor, found: list) -> str:
        return counts_agree(ours, np.concatenate([each[2].numpy() for each in found]))

    return Peer(f"{name} hybrid", call, agrees=agrees)


def scipy(points: torch.Tensor, anchors: torch.Tensor, radius: float, slots: int) -> Peer:
    module, name = installed("scipy.spatial")
    if module is None:
        return Peer("scipy", why=name)
    clouds, centres = list(points.numpy()), list(anchors.numpy())

    def call(threads: int) -> list:
        found = []
        for cloud, rows in zip(clouds, centres, strict=True):
            tree = module.cKDTree(cloud)
            found.append(tree.query(rows, k=slots, distance_upper_bound=radius, workers=threads)[1])
        return found

    def agrees(ours: torch.Tensor, found: list) -> str:
        inside = [(each < len(cloud)).sum(1) for each, cloud in zip(found, clouds, strict=True)]
        return counts_agree(ours, np.concatenate(inside))

    return Peer(f"{name} cKDTree", call, agrees=agrees)
