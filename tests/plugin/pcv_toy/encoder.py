"""An encoder: every frame becomes one superpoint, a perceptron over all its points."""

from typing import Literal

import torch
from torch import Tensor, nn

from pcv.clip import Superpoints
from pcv.config.encoder import EncoderConfig, Offer
from pcv.config.section import Count
from pcv.encoders import ClipEncoder


class MeanPoolConfig(EncoderConfig):
    """The section ``encoder: {name: meanpool}`` of a recipe."""

    builds = "pcv_toy.encoder:MeanPool"
    offers = frozenset[Offer]({"clips"})
    meaning = ("channels",)

    name: Literal["meanpool"] = "meanpool"
    channels: Count = 16


class MeanPool(ClipEncoder):
    """(B, T, N, 3) -> T frames of one superpoint of ``channels`` channels."""

    def __init__(self, config: MeanPoolConfig) -> None:
        super().__init__()
        self.config: MeanPoolConfig = config
        self.width = config.channels
        self.mlp = nn.Sequential(
            nn.Linear(3, self.width), nn.ReLU(), nn.Linear(self.width, self.width)
        )

    def superpoints(self, frames: int, points: int) -> tuple[int, int]:
        return frames, 1

    def anchor_frames(self, frames: int) -> Tensor:
        return torch.arange(frames)

    def levels(self, points: Tensor) -> list[Superpoints]:
        return [Superpoints(self.mlp(points).mean(2, keepdim=True), points.mean(2, keepdim=True))]
