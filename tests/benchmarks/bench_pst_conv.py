"""PSTNet, forward and backward at full width, against the published formulation.

``python -m tests.benchmarks.bench_pst_conv ours`` (or ``published``) prints the memory of one step.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional as F

from pcv.config.encoder import PSTNetConfig
from pcv.encoders import build_encoder
from pcv.encoders.pstnet import PSTNet
from pcv.nn.pst_conv import PSTConv
from pcv.ops import ball_query, farthest_points, repeat_first
from tests.benchmarks.clouds import uniform
from tests.benchmarks.harness import Comparison, Peer, Setting
from tests.benchmarks.memory import peak, print_peak
from tests.nn.published import published

SEGMENTS, FRAMES, POINTS = 6, 4, 1024  # a pretraining clip is encoded in segments
CLIPS, CLIPS_ON_CUDA = 2, 88
BODY = (2.0, 5.0, 1.0)  # extent of a person in the unit of the radius, 0.3 m
NAMES = ("ours", "published")
Forward = Callable[[PSTNet, Tensor], Tensor]


def cases(setting: Setting) -> Iterator[Comparison]:
    torch.manual_seed(0)
    yield from on("cpu", CLIPS, torch.float32, aims=(3.3, 1 / 1.3))
    for dtype, aim in ((torch.float32, 8.0), (torch.bfloat16, 15.0)):
        if torch.cuda.is_available():
            yield from on("cuda", CLIPS_ON_CUDA, dtype, aims=(aim, 1 / 3))
        else:
            yield Comparison("PSTNet", f"{CLIPS_ON_CUDA} clips on a GPU, {dtype}", None,
                             [Peer("published"), Peer("matrix products")], aim,
                             why="no CUDA device")  # fmt: skip


def on(
    device: str, clips: int, dtype: torch.dtype, aims: tuple[float, float]
) -> Iterator[Comparison]:
    """The whole encoder, beside the published one and beside its matrix products alone."""
    net = build_encoder(PSTNetConfig()).to(device)
    points = segments(clips).to(device)
    size = f"{clips} x 24 x {POINTS:,} on {device}, {str(dtype).removeprefix('torch.')}"
    ours = partial(step, net, fast_forward, points, dtype)
    theirs = partial(step, net, published_forward, points, dtype)
    both = [partial(peak, "pst_conv", name) if device == "cpu" else None for name in NAMES]
    peer = Peer("published formulation", theirs, agrees=close, mib=both[1])
    yield Comparison(
        "PSTNet forward + backward", size, ours, [peer], aims[0],
        mib=both[0], threads=None if device == "cpu" else (1,),
    )  # fmt: skip
    products = Peer("its matrix products", partial(multiply, products_of(net, points)))
    yield Comparison(
        "PSTNet forward + backward", size, ours, [products], aims[1],
        threads=None if device == "cpu" else (1,),
    )  # fmt: skip


def segments(clips: int) -> Tensor:
    """(clips * S, T, N, 3) in farthest-point order."""
    cloud = torch.from_numpy(uniform(clips * SEGMENTS * FRAMES, POINTS)) * torch.tensor(BODY)
    order = farthest_points(cloud, POINTS)
    ordered = cloud.gather(1, order[:, :, None].expand(-1, -1, 3))
    return ordered.reshape(-1, FRAMES, POINTS, 3)


def step(
    net: PSTNet, forward: Forward, points: Tensor, dtype: torch.dtype, threads: int
) -> list[Tensor]:
    """Feature and gradients."""
    net.zero_grad()
    with torch.autocast(points.device.type, torch.bfloat16, enabled=dtype == torch.bfloat16):
        feature = forward(net, points)
    feature.float().square().mean().backward()
    return [feature.detach(), *(p.grad for p in net.parameters() if p.grad is not None)]


def fast_forward(net: PSTNet, points: Tensor) -> Tensor:
    return net(points).feature


def published_forward(net: PSTNet, points: Tensor) -> Tensor:
    position, feature = points, None
    for layer in net.layers:
        inputs = None if feature is None else torch.relu(feature)
        position, feature = published(layer, position, inputs, ball)
    assert feature is not None
    return feature


def ball(points: Tensor, anchors: Tensor, radius: float, slots: int) -> Tensor:
    return repeat_first(ball_query(points, anchors.contiguous(), radius, slots))


def close(ours: list[Tensor], theirs: list[Tensor]) -> str:
    pairs = [(a.float(), b.float()) for a, b in zip(ours, theirs, strict=True)]
    worst = [float((a - b).norm() / b.norm().clamp(min=1e-12)) for a, b in pairs]
    return f"relative difference {worst[0]:.0e}, of gradients at most {max(worst[1:]):.0e}"


def products_of(net: PSTNet, points: Tensor) -> list[tuple[Tensor, Tensor]]:
    """Inputs and weights of every matrix product of the encoder, displacements (3 wide) apart."""
    found: list[tuple[Tensor, Tensor]] = []
    position, feature = points, None
    for layer in net.layers:
        assert isinstance(layer, PSTConv)
        frames = layer.frames(position.shape[1])[1]
        if feature is not None and layer.feature is not None:
            found.append((feature.flatten(0, 2), layer.feature.detach()))
        with torch.no_grad():
            position, feature = layer(position, feature)
            feature = torch.relu(feature)
        live = int((frames >= 0).any(0).sum()) * layer.config.middle
        inputs = torch.rand(feature.shape[:3].numel(), live, device=points.device)
        found.append((inputs, layer.temporal.weight.detach()[:, :live]))
    return found


def multiply(products: list[tuple[Tensor, Tensor]], threads: int) -> None:
    """Forward, and backward to inputs and weights."""
    for inputs, weight in products:
        out = F.linear(inputs, weight)
        out @ weight
        out.T @ inputs


def main(name: str) -> None:
    """Print the memory of one step of either."""
    net, points = build_encoder(PSTNetConfig()), segments(CLIPS)
    forward = fast_forward if name == "ours" else published_forward
    run = partial(step, net, forward, dtype=torch.float32, threads=1)
    small = points[:2, :, :64].contiguous()
    print_peak(partial(run, points=small), partial(run, points=points))


if __name__ == "__main__":
    main(sys.argv[1])
