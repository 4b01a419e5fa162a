"""How superpoints become one vector per clip."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

Read = Literal["max", "mean+max", "segments", "tokens"]


def read_width(channels: int, segments: int, how: Read) -> int:
    """Return the length D of the vectors that ``read`` returns."""
    return {
        "max": channels,
        "mean+max": 2 * channels,
        "segments": 2 * segments * channels,
        "tokens": channels,
    }[how]


def read(
    feature: Tensor,  # (B, S, L, M, C)
    how: Read,
) -> Tensor:  # (B, D)
    """Pool the superpoints of S segments into one vector per clip.

    ``max``: the mean over the superpoints of a frame, then the maximum over time (PSTNet).
    ``mean+max``: the mean and the maximum over the superpoints of a frame, then the maximum over
    time. ``segments``: the mean and the maximum over the superpoints of each segment, concatenated
    in order of time. ``tokens``: the maximum over all superpoints (P4Transformer).
    """
    if how == "tokens":
        return feature.flatten(1, 3).amax(1)
    if how == "max":
        return feature.mean(3).flatten(1, 2).amax(1)
    if how == "mean+max":
        pooled = torch.cat([feature.mean(3), feature.amax(3)], -1)
        return pooled.flatten(1, 2).amax(1)
    rows = feature.flatten(2, 3)
    return torch.cat([rows.mean(2), rows.amax(2)], -1).flatten(1)
