"""A residual perceptron over points and their nearest neighbours."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pcv.nn.heads import RowNorm
from pcv.ops import nearest, tube_max

Norm = Literal["layer", "batch"]
AWAY = 1e6  # where hidden points are put: nobody's neighbours


def normalisation(kind: Norm, channels: int) -> nn.Module:
    """Of each token by itself, or of each channel over the batch."""
    return nn.LayerNorm(channels) if kind == "layer" else RowNorm(channels)


def neighbours_of(
    place: Tensor,  # (B, L, 3)
    count: int,
    hidden: Tensor | None = None,  # (B, L) bool
) -> Tensor:  # (B, L, K) int64
    """Find the nearest points of each; fewer points than ``count``: all of them.

    A hidden point has itself alone, and no other point has it: nothing of its place shows.
    """
    count = min(count, place.shape[1])
    place = place.detach().float()
    if hidden is not None:
        place = place.masked_fill(hidden[..., None], AWAY)
    place = place.contiguous()
    index, _ = nearest(place, place, count)
    if hidden is None:
        return index
    own = torch.arange(place.shape[1], device=place.device)[:, None].expand_as(index)
    away = hidden.gather(1, index.flatten(1)).reshape(index.shape)
    return torch.where(away | hidden[..., None], own, index)


class PointMLP(nn.Module):
    """Features of points become tokens that know their surroundings.

    A block adds a perceptron of ``max_j (W x_j + D (p_j - p_i)) - W x_i`` over the nearest points.

    Args:
        inputs: Channels of a point.
        channels: Of a token.
        blocks: How many.
        neighbours: Nearest points, the point itself among them.
        norm: ``batch`` lets samples of a batch see each other while training; ``layer`` does not.
    """

    def __init__(
        self, inputs: int, channels: int, *, blocks: int, neighbours: int, norm: Norm = "layer"
    ) -> None:
        super().__init__()
        self.neighbours = neighbours
        self.inputs = nn.Linear(inputs, channels)
        self.blocks = nn.ModuleList(_Block(channels, norm) for _ in range(blocks))

    def forward(
        self,
        place: Tensor,  # (B, L, 3)
        feature: Tensor,  # (B, L, F)
        index: Tensor,  # (B, L, K) int64
    ) -> Tensor:  # (B, L, C)
        """Return tokens; ``index`` is what ``neighbours_of`` found."""
        tokens = self.inputs(feature)
        for block in self.blocks:
            tokens = block(place, tokens, index)
        return tokens


class _Block(nn.Module):
    def __init__(self, channels: int, norm: Norm) -> None:
        super().__init__()
        self.norm_in = normalisation(norm, channels)
        self.mix_in = nn.Linear(channels, channels, bias=False)
        self.displacement = nn.Parameter(torch.empty(channels, 3).uniform_(-1, 1))
        self.norm_out = normalisation(norm, channels)
        self.mix_out = nn.Linear(channels, channels)

    def forward(self, place: Tensor, tokens: Tensor, index: Tensor) -> Tensor:
        mixed = self.mix_in(self.norm_in(tokens))
        kind = mixed.dtype
        with torch.autocast(place.device.type, enabled=False):
            points = place.float()[:, None]
            still = torch.zeros(1, 1, dtype=torch.int64, device=place.device)
            weight = F.pad(self.displacement.float(), (0, 1))  # the last is of time
            best = tube_max(
                points, mixed.float()[:, None], points, weight, still, index[:, None, None]
            )[:, 0]
        around = best.to(kind) - mixed
        return tokens + self.mix_out(F.gelu(self.norm_out(around)))
