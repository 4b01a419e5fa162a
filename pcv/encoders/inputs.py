"""What an encoder reads of a point beside its place."""

from __future__ import annotations

import torch
from torch import Tensor

from pcv.clip import ClipBatch

CHANNELS = {"colour": 3, "normal": 3}


def batch_of(points: Tensor, names: tuple[str, ...]) -> ClipBatch:  # of (B, T, N, 3 + F)
    """Make a batch of places and what ``names`` says follows them.

    Args:
        points: Places, then colours from 0 to 1 and unit normals, as far as they are named.
        names: colour, normal, each once.

    Raises:
        ValueError: The points have another number of values.
    """
    wanted = 3 + sum(CHANNELS[name] for name in names)
    if points.dim() != 4 or points.shape[3] != wanted:
        told = ", ".join(("places", *names))
        raise ValueError(f"expected (B, T, N, {wanted}): {told}; found {tuple(points.shape)}")
    parts = dict(zip(names, points[..., 3:].split(3, -1), strict=True)) if names else {}
    colour = parts.get("colour")
    none = torch.full((points.shape[0],), -1, device=points.device)
    return ClipBatch(
        points[..., :3],
        label=none,
        video=none,
        # Stored colours are bytes, and the encoder was trained on no others.
        point_colour=None if colour is None else (colour * 255).round(),
        point_normal=parts.get("normal"),
    )


def point_inputs(batch: ClipBatch, names: tuple[str, ...]) -> Tensor:  # (B, T, N, F)
    """Join colours, from -1 to 1, and unit normals as ``names`` orders them; no names: a 1 each.

    Raises:
        ValueError: The points have none of a kind that is named.
    """
    given = {"colour": batch.point_colour, "normal": batch.point_normal}
    found = []
    for name in names:
        value = given[name]
        if value is None:
            raise ValueError(f"the encoder reads {name}, and the points have none")
        found.append(value.float() / 127.5 - 1 if name == "colour" else value.float())
    return torch.cat(found, -1) if found else torch.ones_like(batch.points[..., :1])
