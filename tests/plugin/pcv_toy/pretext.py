"""A pretext: tell where the middle of every frame lies."""

from typing import Literal

from torch import nn

from pcv.clip import ClipBatch, Losses
from pcv.config.objective import ObjectiveConfig
from pcv.config.section import Positive
from pcv.encoders import ClipEncoder
from pcv.objectives import Objective, Sizes


class CentroidConfig(ObjectiveConfig):
    """The section ``objective: {name: centroid}`` of a recipe."""

    builds = "pcv_toy.pretext:Centroid"
    stage = "pretrain"
    needs = "clips"

    name: Literal["centroid"]
    weight: Positive = 1.0


class Centroid(Objective):
    """A linear layer on each superpoint, and the squared error to the mean of its frame."""

    def __init__(self, config: CentroidConfig, encoder: ClipEncoder) -> None:
        super().__init__()
        self.config: CentroidConfig = config
        self.encoder: ClipEncoder = encoder
        self.head = nn.Linear(encoder.width, 3)

    @classmethod
    def build(cls, config: CentroidConfig, encoder: ClipEncoder, sizes: Sizes) -> "Centroid":
        return cls(config, encoder)

    def forward(self, batch: ClipBatch) -> Losses:
        found = self.encoder(self.encoder.inputs(batch))
        loss = self.config.weight * (self.head(found.feature) - found.position).square().mean()
        return Losses(loss, {"loss": loss.detach()})
