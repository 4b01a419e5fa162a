"""Views of scenes: regions cut around random points, thinned and changed at random."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from pcv.clip import Regions
from pcv.ops import farthest_points

VERTICAL = 1
TRIALS = 14  # halvings of the voxel's side


class Cut(NamedTuple):
    """Views, and where their points were before they were changed."""

    regions: Regions
    origin: Tensor  # (V, B, L, 3)


class Change(NamedTuple):
    """How a view is changed; all drawn anew for every view of every scene."""

    rotate: float = 0.0  # degrees to either side, about the vertical axis
    scale: tuple[float, float] = (1.0, 1.0)
    jitter: float = 0.0
    colour_jitter: float = 0.0  # of a brightness added and a contrast multiplied
    colours: slice = slice(0, 0)  # which features are colours
    normals: slice = slice(0, 0)  # and normals


class Shape(NamedTuple):
    """Of one kind of views."""

    views: int
    share: tuple[float, float]  # of the points, drawn evenly
    points: int  # after thinning
    voxels: bool  # thinned by voxels; else by farthest points


def nearest_share(
    place: Tensor,  # (n, 3)
    share: float,
) -> Tensor:  # (round(share * n),) int64, ascending
    """Choose the part of a cloud nearest to a random one of its points."""
    count = max(1, round(share * len(place)))
    centre = place[torch.randint(len(place), ())]
    return (place - centre).square().sum(1).topk(count, largest=False).indices.sort().values


def thin_by_voxels(
    place: Tensor,  # (n, 3)
    count: int,
) -> Tensor:  # (count,) int64
    """Choose ``count`` points, no two in one voxel, of the largest voxels that so many fill.

    Where there are fewer different places than ``count``, the rest are random other points.
    """
    low = place.amin(0)
    side = float((place.amax(0) - low).max()) or 1.0
    fine, coarse = math.log(side) - 14, math.log(side)
    for _ in range(TRIALS):
        middle = (fine + coarse) / 2
        enough = int(_voxel(place - low, math.exp(middle)).unique().numel()) >= count
        fine, coarse = (middle, coarse) if enough else (fine, middle)
    mixed = torch.randperm(len(place))
    where, which = _voxel((place - low)[mixed], math.exp(fine)).unique(return_inverse=True)
    first = torch.full((len(where),), len(place)).scatter_reduce(
        0, which, torch.arange(len(place)), "amin"
    )
    chosen = mixed[first[torch.randperm(len(first))[:count]]]
    if len(chosen) == count:
        return chosen
    left = torch.ones(len(place), dtype=torch.bool)
    left[chosen] = False
    return torch.cat([chosen, mixed[left[mixed]][: count - len(chosen)]])


def _voxel(place: Tensor, side: float) -> Tensor:
    cell = (place / side).long()
    return cell[:, 0] << 42 | cell[:, 1] << 21 | cell[:, 2]


def thin_farthest(
    place: Tensor,  # (n, 3)
    count: int,
) -> Tensor:  # (count,) int64
    """Choose ``count`` points, each the farthest from those before, from a random one on."""
    start = int(torch.randint(len(place), ()))
    order = torch.cat(
        [torch.tensor([start]), torch.arange(start), torch.arange(start + 1, len(place))]
    )
    found = farthest_points(place[order][None].float().contiguous(), count)[0]
    return order[found]


def cut(scene: Regions, parts: list[Tensor], shape: Shape, change: Change) -> Cut:
    """Cut views of one kind from the candidate regions of scenes.

    Args:
        scene: One view of each scene.
        parts: Points of each scene's candidate region, on the CPU.
        shape: What is cut.
        change: What of each view is changed.

    Raises:
        ValueError: A view would have fewer points than ``shape.points``.
    """
    fewest = min(round(shape.share[0] * len(part)) for part in parts)
    if fewest < shape.points:
        raise ValueError(
            f"a clip of {scene.position.shape[2]} points is too small: of a region of "
            f"{len(parts[0])} a share of {shape.share[0]:g} is {fewest} points, a view needs "
            f"{shape.points}"
        )
    chosen = torch.stack([
        torch.stack([_one(scene.position[0, s].cpu(), part, shape) for s, part in enumerate(parts)])
        for _ in range(shape.views)
    ]).to(scene.position.device)  # (V, B, L)  # fmt: skip
    rows = torch.arange(len(parts), device=scene.position.device)[None, :, None]
    origin, feature = scene.position[0][rows, chosen], scene.feature[0][rows, chosen]
    return Cut(changed(Regions(origin, feature), change), origin)


def _one(place: Tensor, part: Tensor, shape: Shape) -> Tensor:
    low, high = shape.share
    share = low + (high - low) * float(torch.rand(()))
    inside = part[nearest_share(place[part], share)]
    thin = thin_by_voxels if shape.voxels else thin_farthest
    return inside[thin(place[inside], shape.points)]


def changed(regions: Regions, change: Change) -> Regions:
    """Turn, scale and jitter every region by itself."""
    place, feature = regions
    shape, device = place.shape[:2], place.device
    angle = ((torch.rand(shape) * 2 - 1) * math.radians(change.rotate)).to(device)
    cosine, sine, zero = angle.cos(), angle.sin(), torch.zeros_like(angle)
    rows = [cosine, zero, -sine, zero, zero + 1, zero, sine, zero, cosine]
    turn = torch.stack(rows, -1).unflatten(-1, (3, 3))  # (V, B, 3, 3), about VERTICAL
    low, high = change.scale
    factor = (low + (high - low) * torch.rand(shape)).to(device)
    place = place @ turn * factor[..., None, None]
    if change.jitter:
        place = place + change.jitter * torch.randn(place.shape).to(device)
    feature = feature.clone()
    if change.normals.stop > change.normals.start:
        feature[..., change.normals] = feature[..., change.normals] @ turn
    if change.colour_jitter and change.colours.stop > change.colours.start:
        draw = (torch.rand(2, *shape, 1, 3) * 2 - 1).to(device) * change.colour_jitter
        colours = feature[..., change.colours] * (1 + draw[0]) + draw[1]
        feature[..., change.colours] = colours.clamp(-1, 1)
    return Regions(place, feature)


def hide(
    place: Tensor,  # (V, B, L, 3)
    share: float,
) -> Tensor | None:  # (V, B, L) bool
    """Choose, in each region, the share nearest to a random point of it; None: nothing."""
    count = round(share * place.shape[2])
    if not count:
        return None
    centre = torch.randint(place.shape[2], (*place.shape[:2], 1, 1)).to(place.device)
    middle = place.gather(2, centre.expand(-1, -1, 1, 3))
    near = (place - middle).square().sum(-1).topk(count, largest=False).indices
    return torch.zeros(place.shape[:3], dtype=torch.bool, device=place.device).scatter(
        2, near, True
    )
