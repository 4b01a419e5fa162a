"""What an encoder reads of a point beside its place."""

from __future__ import annotations

import torch
from torch import Tensor

from pcv.clip import ClipBatch

CHANNELS = {"colour": 3, "normal": 3}


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
