"""Supervised segmentation of point cloud videos: a class for every point of every frame."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pcv.clip import IGNORED, ClipBatch, Losses
from pcv.config.objective import SegmentConfig
from pcv.encoders.encoder import Encoder


class Segment(nn.Module):
    """Encode clips, decode a feature for every point and classify it.

    Raises:
        ValueError: The encoder has no decoder, or the class weights are not one a class.
    """

    weight: Tensor  # (classes,)

    def __init__(self, config: SegmentConfig, encoder: Encoder, *, classes: int) -> None:
        super().__init__()
        if config.class_weights and len(config.class_weights) != classes:
            raise ValueError(f"{len(config.class_weights)} class weights for {classes} classes")
        self.config = config
        self.encoder = encoder
        self.decoder = encoder.decoder()
        self.head = nn.Sequential(
            nn.Dropout(config.dropout), nn.Linear(self.decoder.width, classes)
        )
        weight = torch.tensor(config.class_weights or (1.0,) * classes)
        self.register_buffer("weight", weight, persistent=False)

    def scores(self, points: Tensor) -> Tensor:  # (B, T, N, 3 or 6) -> (B, T, N, classes)
        """Return logits of points as the encoder's ``inputs`` gives them.

        Raises:
            ValueError: T is not a multiple of ``segment_frames``.
        """
        frames = points.shape[1]
        length = self.config.segment_frames or frames
        if frames % length:
            raise ValueError(f"{frames} frames are not a multiple of segments of {length}")
        cut = points.reshape(-1, length, *points.shape[2:])
        feature = self.decoder(cut, self.encoder.levels(cut))
        return self.head(feature).reshape(*points.shape[:3], -1)

    def forward(self, batch: ClipBatch) -> Losses:
        """Return weighted cross-entropy over the number of labelled points, and the share right.

        As the published code (P4Transformer) has it, one is added to that number, so that a clip
        without labels costs 0 instead of being undefined, and weights do not count in it.

        Raises:
            ValueError: The clips carry no point labels.
        """
        if batch.point_label is None:
            raise ValueError("clips without point labels cannot be learned from")
        points = self.encoder.inputs(batch)
        scores = self.scores(points).float().flatten(0, 2)
        label = batch.point_label.flatten()
        known = label != IGNORED
        loss = F.cross_entropy(
            scores, label, self.weight, ignore_index=IGNORED, reduction="sum"
        ) / (known.sum() + 1)
        right = ((scores.argmax(1) == label) & known).sum() / known.sum().clamp(min=1)
        return Losses(loss, {"loss": loss.detach(), "point_accuracy": right.detach()})
