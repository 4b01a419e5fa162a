"""Random crops of scenes: regions around random points, thinned and changed at random.

The papers call crops views, and so do the recipe keys ``global_views``, ``local_views`` and
``same_view``; elsewhere in pcv a view is a posed image.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from pcv.clip import Regions
from pcv.ops import farthest_points

VERTICAL = 1  # index of the vertical axis
TRIALS = 14  # halvings of the range in which the voxel's side is searched


class Crops(NamedTuple):
    """V crops of each of B scenes, and where their points were before they were changed."""

    regions: Regions
    origin: Tensor  # (V, B, L, 3)


class Change(NamedTuple):
    """How crops are changed; every value is drawn again for every crop of every scene."""

    rotate: float = 0.0  # largest angle in degrees to either side, about the vertical axis
    scale: tuple[float, float] = (1.0, 1.0)  # smallest and largest factor
    jitter: float = 0.0  # standard deviation, in the points' unit
    colour_jitter: float = 0.0  # largest change of brightness and of contrast
    colours: slice = slice(0, 0)  # which features are colours
    normals: slice = slice(0, 0)  # which features are normals


class Shape(NamedTuple):
    """Number and size of crops of one kind."""

    crops: int  # per scene
    share: tuple[float, float]  # smallest and largest share of the region's points, drawn evenly
    points: int  # per crop, after thinning
    voxels: bool  # whether crops are thinned by voxels, else by farthest points


def nearest_share(
    position: Tensor,  # (n, 3)
    share: float,
) -> Tensor:  # (round(share * n),) int64, ascending
    """Choose the share of a cloud's points that is nearest to a random one of them."""
    count = max(1, round(share * len(position)))
    centre = position[torch.randint(len(position), ())]
    return (position - centre).square().sum(1).topk(count, largest=False).indices.sort().values


def thin_by_voxels(
    position: Tensor,  # (n, 3)
    count: int,
) -> Tensor:  # (count,) int64
    """Choose ``count`` points, no two of them in one voxel.

    Voxels are as large as possible while at least ``count`` of them hold a point. Where there are
    fewer different positions than ``count``, the rest are random other points.
    """
    low = position.amin(0)
    side = float((position.amax(0) - low).max()) or 1.0
    fine, coarse = math.log(side) - 14, math.log(side)
    for _ in range(TRIALS):
        middle = (fine + coarse) / 2
        enough = int(_voxel(position - low, math.exp(middle)).unique().numel()) >= count
        fine, coarse = (middle, coarse) if enough else (fine, middle)
    mixed = torch.randperm(len(position))
    where, which = _voxel((position - low)[mixed], math.exp(fine)).unique(return_inverse=True)
    first = torch.full((len(where),), len(position)).scatter_reduce(
        0, which, torch.arange(len(position)), "amin"
    )
    chosen = mixed[first[torch.randperm(len(first))[:count]]]
    if len(chosen) == count:
        return chosen
    left = torch.ones(len(position), dtype=torch.bool)
    left[chosen] = False
    return torch.cat([chosen, mixed[left[mixed]][: count - len(chosen)]])


def _voxel(position: Tensor, side: float) -> Tensor:
    cell = (position / side).long()
    return cell[:, 0] << 42 | cell[:, 1] << 21 | cell[:, 2]


def thin_farthest(
    position: Tensor,  # (n, 3)
    count: int,
) -> Tensor:  # (count,) int64
    """Choose a random point, then points that are each the farthest from those before."""
    start = int(torch.randint(len(position), ()))
    order = torch.cat(
        [torch.tensor([start]), torch.arange(start), torch.arange(start + 1, len(position))]
    )
    found = farthest_points(position[order][None].float().contiguous(), count)[0]
    return order[found]


def cut(scene: Regions, parts: list[Tensor], shape: Shape, change: Change) -> Crops:
    """Cut crops of one kind from the candidate regions of scenes.

    Args:
        scene: The whole scenes, as one region each: (1, B, N, 3) and (1, B, N, F).
        parts: For each scene the indices (n,) of the points of its candidate region, on the CPU.
        shape: Number and size of the crops.
        change: How each crop is changed.

    Returns:
        Crops of (V, B, L, ...), with V ``shape.crops`` and L ``shape.points``.

    Raises:
        ValueError: A crop would have fewer points than ``shape.points``.
    """
    fewest = min(round(shape.share[0] * len(part)) for part in parts)
    if fewest < shape.points:
        raise ValueError(
            f"a clip of {scene.position.shape[2]} points is too small: a share of "
            f"{shape.share[0]:g} of a region of {len(parts[0])} points is {fewest} points, and a "
            f"crop needs {shape.points}"
        )
    chosen = torch.stack([
        torch.stack([_one(scene.position[0, s].cpu(), part, shape) for s, part in enumerate(parts)])
        for _ in range(shape.crops)
    ]).to(scene.position.device)  # (V, B, L)  # fmt: skip
    rows = torch.arange(len(parts), device=scene.position.device)[None, :, None]
    origin, feature = scene.position[0][rows, chosen], scene.feature[0][rows, chosen]
    return Crops(changed(Regions(origin, feature), change), origin)


def _one(position: Tensor, part: Tensor, shape: Shape) -> Tensor:
    low, high = shape.share
    share = low + (high - low) * float(torch.rand(()))
    inside = part[nearest_share(position[part], share)]
    thin = thin_by_voxels if shape.voxels else thin_farthest
    return inside[thin(position[inside], shape.points)]


def changed(regions: Regions, change: Change) -> Regions:
    """Turn, scale and jitter every region by its own random values."""
    position, feature = regions
    shape, device = position.shape[:2], position.device
    angle = ((torch.rand(shape) * 2 - 1) * math.radians(change.rotate)).to(device)
    cosine, sine, zero = angle.cos(), angle.sin(), torch.zeros_like(angle)
    rows = [cosine, zero, -sine, zero, zero + 1, zero, sine, zero, cosine]
    turn = torch.stack(rows, -1).unflatten(-1, (3, 3))  # (V, B, 3, 3), about VERTICAL
    low, high = change.scale
    factor = (low + (high - low) * torch.rand(shape)).to(device)
    position = position @ turn * factor[..., None, None]
    if change.jitter:
        position = position + change.jitter * torch.randn(position.shape).to(device)
    feature = feature.clone()
    if change.normals.stop > change.normals.start:
        feature[..., change.normals] = feature[..., change.normals] @ turn
    if change.colour_jitter and change.colours.stop > change.colours.start:
        draw = (torch.rand(2, *shape, 1, 3) * 2 - 1).to(device) * change.colour_jitter
        colours = feature[..., change.colours] * (1 + draw[0]) + draw[1]
        feature[..., change.colours] = colours.clamp(-1, 1)
    return Regions(position, feature)


def hide(
    position: Tensor,  # (V, B, L, 3)
    share: float,
) -> Tensor | None:  # (V, B, L) bool
    """Choose, in each region, the share of points nearest to a random one; None if it is 0."""
    count = round(share * position.shape[2])
    if not count:
        return None
    centre = torch.randint(position.shape[2], (*position.shape[:2], 1, 1)).to(position.device)
    middle = position.gather(2, centre.expand(-1, -1, 1, 3))
    near = (position - middle).square().sum(-1).topk(count, largest=False).indices
    return torch.zeros(position.shape[:3], dtype=torch.bool, device=position.device).scatter(
        2, near, True
    )
