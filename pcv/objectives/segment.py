"""Supervised segmentation of point cloud videos: a class for every point of every frame."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pcv.clip import IGNORED, ClipBatch, Logits, Losses
from pcv.config.supervised import SegmentConfig
from pcv.encoders import ClipEncoder
from pcv.objectives.objective import Sizes, Supervised


class Segment(Supervised):
    """Encode clips, decode a feature for every point and classify it.

    Raises:
        ValueError: The encoder has no decoder, or the class weights are not one a class.
    """

    main_score = "miou_present_classes"
    weight: Tensor  # (classes,)

    def __init__(self, config: SegmentConfig, encoder: ClipEncoder, *, classes: int) -> None:
        super().__init__()
        config.check_labels(classes)
        self.config: SegmentConfig = config
        self.encoder: ClipEncoder = encoder
        self.decoder = encoder.decoder()
        self.head = nn.Sequential(
            nn.Dropout(config.dropout), nn.Linear(self.decoder.width, classes)
        )
        weight = torch.tensor(config.class_weights or (1.0,) * classes)
        self.register_buffer("weight", weight, persistent=False)

    @classmethod
    def build(cls, config: SegmentConfig, encoder: ClipEncoder, sizes: Sizes) -> Segment:
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
            raise ValueError(f"{frames} frames are not a multiple of segments of {length}")
        cut = points.reshape(-1, length, *points.shape[2:])
        feature = self.decoder(cut, self.encoder.levels(cut))
        return Logits(self.head(feature).reshape(*points.shape[:3], -1))

    def forward(self, batch: ClipBatch) -> Losses:
        """Return weighted cross-entropy over the number of labelled points, and the share right.

        As the published code (P4Transformer) has it, one is added to that number, so that a clip
        without labels costs 0 instead of being undefined, and weights do not count in it.

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
