"""A residual perceptron over points and their nearest neighbours."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pcv.nn.heads import RowNorm
from pcv.ops import nearest, tube_max

Norm = Literal["layer", "batch"]
AWAY = 1e6  # coordinate to which hidden points are moved, so that they are nobody's neighbours


def normalisation(kind: Norm, channels: int) -> nn.Module:
    """Build a normalisation of each token by itself, or of each channel over the batch."""
    return nn.LayerNorm(channels) if kind == "layer" else RowNorm(channels)


def neighbours_of(
    position: Tensor,  # (B, L, 3)
    count: int,
    hidden: Tensor | None = None,  # (B, L) bool
) -> Tensor:  # (B, L, K) int64
    """Find the ``count`` points nearest to each point, or all points if there are fewer.

    A hidden point is its own only neighbour, and no other point has it as a neighbour: so its
    position stays unknown.
    """
    count = min(count, position.shape[1])
    position = position.detach().float()
    if hidden is not None:
        position = position.masked_fill(hidden[..., None], AWAY)
    position = position.contiguous()
    index, _ = nearest(position, position, count)
    if hidden is None:
        return index
    own = torch.arange(position.shape[1], device=position.device)[:, None].expand_as(index)
    away = hidden.gather(1, index.flatten(1)).reshape(index.shape)
    return torch.where(away | hidden[..., None], own, index)


class PointMLP(nn.Module):
    """Turn features of points into tokens that describe the points' surroundings.

    A block adds a perceptron of ``max_j (W x_j + D (p_j - p_i)) - W x_i`` over the nearest points.

    Args:
        inputs: Channels of a point.
        channels: Channels of a token.
        blocks: Number of blocks.
        neighbours: Number of nearest points, including the point itself.
        norm: ``batch`` lets the samples of a batch influence each other during training; ``layer``
            does not.
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
        position: Tensor,  # (B, L, 3)
        feature: Tensor,  # (B, L, F)
        index: Tensor,  # (B, L, K) int64
    ) -> Tensor:  # (B, L, C)
        """Return tokens; ``index`` is what ``neighbours_of`` found."""
        tokens = self.inputs(feature)
        for block in self.blocks:
            tokens = block(position, tokens, index)
        return tokens


class _Block(nn.Module):
    def __init__(self, channels: int, norm: Norm) -> None:
        super().__init__()
        self.norm_in = normalisation(norm, channels)
        self.mix_in = nn.Linear(channels, channels, bias=False)
        self.displacement = nn.Parameter(torch.empty(channels, 3).uniform_(-1, 1))
        self.norm_out = normalisation(norm, channels)
        self.mix_out = nn.Linear(channels, channels)

    def forward(self, position: Tensor, tokens: Tensor, index: Tensor) -> Tensor:
        mixed = self.mix_in(self.norm_in(tokens))
        kind = mixed.dtype
        with torch.autocast(position.device.type, enabled=False):
            points = position.float()[:, None]
            still = torch.zeros(1, 1, dtype=torch.int64, device=position.device)
            weight = F.pad(self.displacement.float(), (0, 1))  # the last column is for time
            best = tube_max(
                points, mixed.float()[:, None], points, weight, still, index[:, None, None]
            )[:, 0]
        around = best.to(kind) - mixed
        return tokens + self.mix_out(F.gelu(self.norm_out(around)))
