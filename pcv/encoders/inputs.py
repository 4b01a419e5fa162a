"""What an encoder reads of a point besides its position."""

from __future__ import annotations

import torch
from torch import Tensor

from pcv.clip import ClipBatch

CHANNELS = {"colour": 3, "normal": 3}  # values per point


def batch_of(
    points: Tensor,  # (B, T, N, 3 + F)
    names: tuple[str, ...],
) -> ClipBatch:
    """Make a batch from arrays of points, whose values are split by kind.

    Args:
        points: The values of every point: its position, then the F values that are named, colours
            from 0 to 1 and unit normals.
        names: What follows the positions, in this order: ``colour`` and ``normal``, each at most
            once.

    Raises:
        ValueError: The points have another number of values.
    """
    wanted = 3 + sum(CHANNELS[name] for name in names)
    if points.dim() != 4 or points.shape[3] != wanted:
        kinds = ", ".join(("positions", *names))
        raise ValueError(f"expected (B, T, N, {wanted}): {kinds}; found {tuple(points.shape)}")
    parts = dict(zip(names, points[..., 3:].split(3, -1), strict=True)) if names else {}
    colour = parts.get("colour")
    none = torch.full((points.shape[0],), -1, device=points.device)
    return ClipBatch(
        points[..., :3],
        label=none,
        video=none,
        # Stored colours are bytes, and the encoder was trained on nothing else.
        point_colour=None if colour is None else (colour * 255).round(),
        point_normal=parts.get("normal"),
    )


def point_inputs(batch: ClipBatch, names: tuple[str, ...]) -> Tensor:  # (B, T, N, F)
    """Join colours, from -1 to 1, and unit normals in the order of ``names``.

    Without names the result is the constant 1.

    Raises:
        ValueError: The points have no values of a kind that is named.
    """
    given = {"colour": batch.point_colour, "normal": batch.point_normal}
    found = []
    for name in names:
        value = given[name]
        if value is None:
            raise ValueError(f"the encoder reads {name}, but the points have none")
        found.append(value.float() / 127.5 - 1 if name == "colour" else value.float())
    return torch.cat(found, -1) if found else torch.ones_like(batch.points[..., :1])
