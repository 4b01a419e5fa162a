"""Drawing Gaussians, forward and backward, beside a loop over tiles on the same operators."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from pcv.render import DEFAULTS, Cameras, Gaussians, rasterise
from pcv.render.projection import FAINTEST, Splats, project
from pcv.render.tiles import cut_tiles
from tests.benchmarks.harness import Comparison, Peer, Setting
from tests.render.scenes import cameras, random_gaussians

STOP = 1e-4
SIZES = ((60, 80, 6_000, 20), (60, 80, 16_000, 20), (120, 160, 16_000, 68))
# Rows, columns, Gaussians, channels; all pairs of the first are 29 million, gigabytes of gradients.
SIDE = 10  # pixels of the loop's tiles: fewer of them cost it less
Draw = Callable[[Gaussians, Cameras], Tensor]


def cases(setting: Setting) -> Iterator[Comparison]:
    for rows, columns, count, channels in SIZES:
        gaussians = random_gaussians(count, channels, dtype=torch.float32)
        gaussians = Gaussians(*(part.requires_grad_() for part in gaussians))
        view = cameras(rows, columns, dtype=torch.float32)
        loop = functools.partial(step, in_a_loop, gaussians, view)
        yield Comparison(
            "rasteriser, forward + backward",
            f"{columns} x {rows}, {count:,} Gaussians, {channels} channels",
            functools.partial(step, tiled, gaussians, view),
            [Peer("one tile after another", loop, agrees=close)],
            3.0,
        )


def step(draw: Draw, gaussians: Gaussians, view: Cameras, threads: int) -> list[Tensor]:
    """Image and gradients."""
    image = draw(gaussians, view)
    return [image.detach(), *torch.autograd.grad(image.square().mean(), gaussians)]


def close(ours: list[Tensor], theirs: list[Tensor]) -> str:
    worst = max(
        float((a - b).norm() / b.norm().clamp(min=1e-12)) for a, b in zip(ours, theirs, strict=True)
    )
    return f"norms of differences at most {worst:.0e}"


def tiled(gaussians: Gaussians, view: Cameras) -> Tensor:
    image = rasterise(gaussians, view)
    return torch.cat([image.channels, image.depth[..., None], image.alpha[..., None]], -1)[0]


def in_a_loop(gaussians: Gaussians, view: Cameras) -> Tensor:
    """The same projection and tiles, then plain differentiable torch, tile by tile."""
    size = (view.height, view.width)
    splats, values = _seen(gaussians, view)
    tiles = cut_tiles(splats, size, SIDE)
    along = torch.arange(SIDE) + 0.5 - SIDE / 2
    y, x = torch.meshgrid(along, along, indexing="ij")
    pixels = torch.stack([x, y], -1).reshape(-1, 2)
    parts = []
    for first, count, middle in zip(
        tiles.start.tolist(), tiles.pairs.tolist(), tiles.middle, strict=True
    ):
        which = tiles.splat[first : first + count]
        parts.append(_blend(splats, values, gaussians.opacity, which, pixels + middle))
    whole = torch.stack(parts).reshape(tiles.rows, tiles.columns, SIDE, SIDE, -1).transpose(1, 2)
    return whole.reshape(tiles.rows * SIDE, tiles.columns * SIDE, -1)[: size[0], : size[1]]


def _seen(gaussians: Gaussians, view: Cameras) -> tuple[Splats, Tensor]:
    size = (view.height, view.width)
    splats = project(gaussians, view.world_to_camera[0], view.intrinsics[0], size, DEFAULTS)
    depth = splats.depth[:, None]
    return splats, torch.cat([gaussians.channels[splats.source], depth, torch.ones_like(depth)], 1)


def _blend(
    splats: Splats, values: Tensor, opacity: Tensor, which: Tensor, pixels: Tensor
) -> Tensor:
    away = pixels[:, None] - splats.centre[which]
    xx, xy, yy = splats.conic[which].unbind(1)
    x, y = away.unbind(-1)
    power = -0.5 * (xx * x * x + 2 * xy * x * y + yy * y * y)
    alpha = (opacity[splats.source[which]] * power.exp()).clamp(max=DEFAULTS.alpha_cap)
    alpha = torch.where(alpha >= FAINTEST, alpha, 0.0)
    passed = (1 - alpha).cumprod(1)
    before = torch.cat([torch.ones_like(passed[:, :1]), passed[:, :-1]], 1)
    weight = torch.where(passed > STOP, alpha * before, 0.0)
    return weight @ values[which]
