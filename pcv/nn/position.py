"""Where and when a superpoint is, as an embedding."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class SpaceTimeEmbedding(nn.Linear):
    """Linear embedding of x, y, z and segment number, as the siblings of PointCPSC use."""

    def __init__(self, channels: int) -> None:
        super().__init__(4, channels)

    def forward(
        self,
        position: Tensor,  # (B, S, L, M, 3)
    ) -> Tensor:  # (B, S, L, M, C)
        """Embed; the first segment is 1, and time advances by 1 / L inside a segment."""
        segments, frames = position.shape[1:3]
        time = torch.arange(segments * frames, device=position.device, dtype=position.dtype)
        time = (1 + time / frames).reshape(1, segments, frames, 1, 1)
        return super().forward(torch.cat([position, time.expand(*position.shape[:-1], 1)], -1))
