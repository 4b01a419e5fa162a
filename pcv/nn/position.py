"""An embedding of where and when a superpoint is."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class SpaceTimeEmbedding(nn.Linear):
    """A linear embedding of x, y, z and time, as methods related to PointCPSC use it."""

    def __init__(self, channels: int) -> None:
        super().__init__(4, channels)

    def forward(
        self,
        position: Tensor,  # (B, S, L, M, 3)
    ) -> Tensor:  # (B, S, L, M, C)
        """Embed positions; time is 1 at the first segment, and grows by 1 / L per frame."""
        segments, frames = position.shape[1:3]
        time = torch.arange(segments * frames, device=position.device, dtype=position.dtype)
        time = (1 + time / frames).reshape(1, segments, frames, 1, 1)
        return super().forward(torch.cat([position, time.expand(*position.shape[:-1], 1)], -1))
