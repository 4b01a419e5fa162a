"""P4Transformer's convolutions, forward and backward, against the published formulation.

``python -m tests.benchmarks.bench_p4d_conv action ours`` (or ``scene``, ``published``) prints the
memory of one step.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor

from pcv.config.encoder import P4TransformerConfig
from pcv.encoders import build_encoder
from pcv.encoders.p4transformer import P4Transformer
from pcv.ops import farthest_points
from tests.benchmarks.bench_pst_conv import BODY, ball, close
from tests.benchmarks.clouds import uniform
from tests.benchmarks.harness import Comparison, Peer, Setting
from tests.benchmarks.memory import peak, print_peak
from tests.nn.published_p4d import published_p4d

# Clips, frames and points; the published sizes for actions, those of pretraining for scenes.
SIZES = {"action": (2, 24, 2048), "scene": (1, 4, 4096)}
AIMS = {"action": 3.0, "scene": 1.5}
STREET = (50.0, 10.0, 50.0)  # metres
Forward = Callable[[P4Transformer, Tensor], Tensor]


def cases(setting: Setting) -> Iterator[Comparison]:
    for form, (clips, frames, points) in SIZES.items():
        net, cloud = encoder(form), scene(form)
        mib = partial(peak, "p4d_conv", form)
        ours = partial(step, net, fast_forward, cloud)
        theirs = partial(step, net, published_forward, cloud)
        yield Comparison(
            f"P4D convolutions, {form} form, forward + backward",
            f"{clips} x {frames} x {points:,} on cpu, float32",
            ours,
            [Peer("published formulation", theirs, agrees=close, mib=partial(mib, "published"))],
            AIMS[form],
            exact=partial(in_float64, form),
            mib=partial(mib, "ours"),
        )


def encoder(form: str) -> P4Transformer:
    """The published network without its transformer, which is the same in both."""
    torch.manual_seed(0)
    radius = 0.7 if form == "action" else 0.9
    net = build_encoder(
        P4TransformerConfig(name="p4transformer", form=form, radius=radius, depth=0)  # type: ignore[arg-type]
    )
    assert isinstance(net, P4Transformer)
    return net


def scene(form: str) -> Tensor:
    """(B, T, N, 3) in farthest-point order."""
    clips, frames, points = SIZES[form]
    extent = BODY if form == "action" else STREET
    cloud = torch.from_numpy(uniform(clips * frames, points)) * torch.tensor(extent)
    order = farthest_points(cloud, points)
    ordered = cloud.gather(1, order[:, :, None].expand(-1, -1, 3))
    return ordered.reshape(clips, frames, points, 3)


def step(net: P4Transformer, forward: Forward, points: Tensor, threads: int) -> list[Tensor]:
    """Feature and gradients."""
    net.zero_grad()
    feature = forward(net, points)
    feature.square().mean().backward()
    return [feature.detach(), *(p.grad for p in net.parameters() if p.grad is not None)]


def fast_forward(net: P4Transformer, points: Tensor) -> Tensor:
    position, feature = points, None
    for layer in net.layers:
        position, feature = layer(position, feature)
    assert feature is not None
    return feature


def published_forward(net: P4Transformer, points: Tensor) -> Tensor:
    position, feature = points, None
    for layer in net.layers:
        position, feature = published_p4d(layer, position.contiguous(), feature, ball)
    assert feature is not None
    return feature


def in_float64(form: str, _: list[Tensor]) -> str:
    """Through four normalised layers float32 turns near-equal maxima over, in either."""
    net, points = encoder(form).double(), scene(form)[:1, :4].double()
    both = [step(net, forward, points, 1) for forward in (fast_forward, published_forward)]
    pairs = zip(*both, strict=True)
    worst = max(float((a - b).norm() / b.norm().clamp(min=1e-12)) for a, b in pairs)
    return f"in float64 at most {worst:.0e}"


def main(form: str, name: str) -> None:
    """Print the memory of one step of either."""
    net, points = encoder(form), scene(form)
    forward = fast_forward if name == "ours" else published_forward
    small = points[:1, :4, :256].contiguous()
    print_peak(partial(step, net, forward, small, 1), partial(step, net, forward, points, 1))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
