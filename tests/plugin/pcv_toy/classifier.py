"""A supervised objective: a linear classifier on the mean of all superpoints."""

from typing import Literal

from torch import nn
from torch.nn import functional as F

from pcv.clip import ClipBatch, Logits, Losses
from pcv.config.objective import ObjectiveConfig
from pcv.encoders import ClipEncoder
from pcv.objectives import Sizes, Supervised


class ToyClassifyConfig(ObjectiveConfig):
    """The section ``objective: {name: toy_classify}`` of a recipe."""

    builds = "pcv_toy.classifier:ToyClassify"
    stage = "finetune"
    needs = "clips"
    task = "videos"

    name: Literal["toy_classify"]


class ToyClassify(Supervised):
    """Classes of videos, scored, predicted and described as pcv's own are."""

    main_score = "accuracy"

    def __init__(self, config: ToyClassifyConfig, encoder: ClipEncoder, classes: int) -> None:
        super().__init__()
        self.config: ToyClassifyConfig = config
        self.encoder: ClipEncoder = encoder
        self.head = nn.Linear(encoder.width, classes)

    @classmethod
    def build(cls, config: ToyClassifyConfig, encoder: ClipEncoder, sizes: Sizes) -> "ToyClassify":
        return cls(config, encoder, sizes.classes)

    def guess(self, batch: ClipBatch) -> Logits:
        feature = self.encoder(self.encoder.inputs(batch)).feature
        return Logits(self.head(feature.mean((1, 2))))

    def forward(self, batch: ClipBatch) -> Losses:
        scores = self.guess(batch).scores.float()
        loss = F.cross_entropy(scores, batch.label)
        right = (scores.argmax(1) == batch.label).float().mean()
        return Losses(loss, {"loss": loss.detach(), "accuracy": right.detach()})
