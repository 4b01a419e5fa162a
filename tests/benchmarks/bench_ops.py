"""Time every operator beside plain torch, at the sizes of a 24 x 1024 clip in PSTNet.

Run ``python tests/benchmarks/bench_ops.py``; ``--clips``, ``--threads`` and ``--device``
change the load.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from pcv import ops

SEGMENTS, FRAMES = 6, 4
# Points, anchors, channels, taps, radius: the second and the fourth layer of PSTNet.
LAYERS = {"layer 2": (512, 256, 96, 3, 0.3), "layer 4": (256, 128, 384, 3, 0.6)}


def main() -> None:
    """Print one line a case: ours, plain torch, and the ratio."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--clips", type=int, default=2)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    chosen = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(chosen.threads)
    sys.stdout.write(
        f"{chosen.clips} clips on {chosen.device}, {chosen.threads} threads, best of 5\n"
    )
    for name, ours, theirs in cases(chosen.clips * SEGMENTS, chosen.device):
        fast, slow = best(ours), best(theirs)
        line = f"{name:28} {fast * 1e3:8.2f} ms   torch {slow * 1e3:8.2f} ms   {slow / fast:5.1f}x"
        sys.stdout.write(line + "\n")


def cases(batch: int, device: str) -> Iterator[tuple[str, Callable, Callable]]:
    """Yield names, our call, and the same in plain torch."""
    for layer, (count, rows, channels, taps, radius) in LAYERS.items():
        points = torch.rand(batch * taps, count, 3, device=device)
        anchors = points[:, :rows]
        yield (
            f"ball_query {layer}",
            lambda p=points, a=anchors, r=radius: ops.ball_query(p, a, r, 9),
            lambda p=points, a=anchors, r=radius: torch_ball_query(p, a, r, 9),
        )
        inputs = tube(batch, (count, rows, channels, taps, radius), device)
        yield (
            f"tube_sum {layer}",
            lambda i=inputs: ops.tube_sum(*i),
            lambda i=inputs: torch_tube_sum(*i),
        )
        live = [t.clone().requires_grad_(place in (1, 3)) for place, t in enumerate(inputs)]
        yield (
            f"tube_sum + backward {layer}",
            lambda i=live: ops.tube_sum(*i).sum().backward(),
            lambda i=live: torch_tube_sum(*i).sum().backward(),
        )
    points = torch.rand(batch, 1024, 3, device=device)
    yield (
        "nearest 3 of 1024",
        lambda: ops.nearest(points, points[:, :256], 3),
        lambda: torch.cdist(points[:, :256], points).topk(3, largest=False),
    )
    yield (
        "farthest 256 of 1024",
        lambda: ops.farthest_points(points, 256),
        lambda: torch_farthest_points(points, 256),
    )


def tube(batch: int, size: tuple, device: str) -> list[Tensor]:
    """Inputs of one tube sum: two anchor frames of four, neighbours by ball query."""
    count, rows, channels, taps, radius = size
    points = torch.rand(batch, FRAMES, count, 3, device=device)
    frames = torch.tensor([[-1, 0, 1], [1, 2, 3]], device=device)[:, :taps]
    anchors = points[:, frames[:, 1], :rows].contiguous()
    index = torch.full((batch, 2, taps, rows, 9), -1, device=device)
    for step in range(2):
        for tap in range(taps):
            source = points[:, max(0, int(frames[step, tap]))]
            index[:, step, tap] = ops.repeat_first(
                ops.ball_query(source, anchors[:, step], radius, 9)
            )
    feature = torch.rand(batch, FRAMES, count, channels, device=device)
    return [points, feature, anchors, torch.rand(channels, 3, device=device), frames, index]


def torch_ball_query(points: Tensor, anchors: Tensor, radius: float, neighbours: int) -> Tensor:
    """The first hits in storage order, by a sort as in the usual torch fallback."""
    count = points.shape[1]
    order = torch.arange(count, device=points.device).expand(*anchors.shape[:2], count)
    hits = torch.where(torch.cdist(anchors, points) < radius, order, count)
    found = hits.topk(neighbours, largest=False).values
    return torch.where(found < count, found, -1)


def torch_tube_sum(points, feature, anchors, weight, frames, index) -> Tensor:
    """Group, embed, multiply, sum: the published order."""
    batch, steps, taps, rows, slots = index.shape
    source = frames.clamp(min=0).reshape(-1)
    flat = index.reshape(batch * steps * taps, 1, rows * slots).clamp(min=0)

    def group(values: Tensor) -> Tensor:
        wide = values[:, source].reshape(batch * steps * taps, -1, values.shape[3])
        return ops.gather_points(wide, flat).reshape(batch, steps, taps, rows, slots, -1)

    offset = group(points) - anchors[:, :, None, :, None]
    live = ((frames >= 0)[None, :, :, None, None] & (index >= 0)).to(feature.dtype)
    return (group(feature) * (offset @ weight.T) * live[..., None]).sum(4).transpose(2, 3)


def torch_farthest_points(points: Tensor, count: int) -> Tensor:
    """One step a point, all clouds at once."""
    reach = torch.full(points.shape[:2], torch.inf, device=points.device)
    last = torch.zeros(len(points), 1, dtype=torch.int64, device=points.device)
    chosen = [last]
    for _ in range(count - 1):
        centre = points.gather(1, last[..., None].expand(-1, -1, 3))
        reach = torch.minimum(reach, (points - centre).square().sum(2))
        last = reach.argmax(1, keepdim=True)
        chosen.append(last)
    return torch.cat(chosen, 1)


def best(call: Callable, repeats: int = 5) -> float:
    """Seconds of the fastest run; the first, which compiles, is not counted."""
    call()
    took = []
    for _ in range(repeats):
        began = time.perf_counter()
        call()
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        took.append(time.perf_counter() - began)
    return min(took)


if __name__ == "__main__":
    main()
