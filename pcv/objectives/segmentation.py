"""Supervised labelling of the points of videos: a class for every point of every frame."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pcv.clip import IGNORED, ClipBatch, Logits, Losses
from pcv.config.supervised import SegmentationConfig
from pcv.encoders import ClipEncoder
from pcv.objectives.objective import Sizes, Supervised


class Segmentation(Supervised):
    """Encode clips, decode a feature for every point and classify it.

    Raises:
        ValueError: The encoder has no decoder, or there is not one weight per class.
    """

    main_score = "miou_present_classes"
    weight: Tensor  # (classes,)

    def __init__(self, config: SegmentationConfig, encoder: ClipEncoder, *, classes: int) -> None:
        super().__init__()
        config.check_labels(classes)
        self.config: SegmentationConfig = config
        self.encoder: ClipEncoder = encoder
        self.decoder = encoder.decoder()
        self.head = nn.Sequential(
            nn.Dropout(config.dropout), nn.Linear(self.decoder.width, classes)
        )
        weight = torch.tensor(config.class_weights or (1.0,) * classes)
        self.register_buffer("weight", weight, persistent=False)

    @classmethod
    def build(cls, config: SegmentationConfig, encoder: ClipEncoder, sizes: Sizes) -> Segmentation:
        """Build the objective; see ``Objective``."""
        return cls(config, encoder, classes=sizes.classes)

    def guess(self, batch: ClipBatch) -> Logits:
        """Return the logits of points: (B, T, N, classes).

        Raises:
            ValueError: T is not a multiple of ``segment_frames``.
        """
        points = self.encoder.inputs(batch)
        frames = points.shape[1]
        length = self.config.segment_frames or frames
        if frames % length:
            raise ValueError(f"{frames} frames are not a multiple of {length} frames per segment")
        cut = points.reshape(-1, length, *points.shape[2:])
        feature = self.decoder(cut, self.encoder.levels(cut))
        return Logits(self.head(feature).reshape(*points.shape[:3], -1))

    def forward(self, batch: ClipBatch) -> Losses:
        """Return the loss, and the share of labelled points that are classified correctly.

        The loss is the sum of the weighted cross-entropies, divided by the number of labelled
        points plus one. The one makes it 0, not undefined, where no point has a label; that weights
        do not count in the divisor is as in the published code of P4Transformer.

        Raises:
            ValueError: The clips carry no point labels.
        """
        if batch.point_label is None:
            raise ValueError("clips without point labels cannot be learned from")
        scores = self.guess(batch).scores.float().flatten(0, 2)
        label = batch.point_label.flatten()
        known = label != IGNORED
        loss = F.cross_entropy(
            scores, label, self.weight, ignore_index=IGNORED, reduction="sum"
        ) / (known.sum() + 1)
        right = ((scores.argmax(1) == label) & known).sum() / known.sum().clamp(min=1)
        return Losses(loss, {"loss": loss.detach(), "point_accuracy": right.detach()})
