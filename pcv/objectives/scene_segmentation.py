"""Supervised labelling of the points of scenes, with preservation distillation (PointCSP)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pcv.clip import IGNORED, ClipBatch, Logits, Losses, Regions
from pcv.config.supervised import SceneSegmentationConfig
from pcv.encoders import SceneEncoder
from pcv.losses.lovasz import lovasz_softmax
from pcv.objectives.drift import DriftMonitor
from pcv.objectives.objective import Sizes, Supervised
from pcv.objectives.teacher import MovingTeacher, half_cosine


class SceneSegmentation(Supervised):
    """A student that reads one scene at a time, and a teacher that reads the batch as a sequence.

    The teacher starts from the pretrained weights and follows the student slowly. Semantic
    preservation distillation (SPD) draws the student's feature of every point towards the
    teacher's. Only the student is scored.

    Attributes:
        total: Steps of the whole run, for the teacher's schedule.

    Raises:
        ValueError: There is not one weight per class.
    """

    main_score = "miou_present_classes"
    weight: Tensor  # (classes,)

    def __init__(
        self,
        config: SceneSegmentationConfig,
        encoder: SceneEncoder,
        *,
        classes: int,
        total: int = 1,
    ) -> None:
        super().__init__()
        config.check_labels(classes)
        self.config: SceneSegmentationConfig = config
        self.encoder: SceneEncoder = encoder
        self.total = total
        self.head = nn.Sequential(nn.Dropout(config.dropout), nn.Linear(encoder.width, classes))
        self.teacher = self.drift = None
        rows = encoder.in_a_row()
        if rows is not None:  # in other encoders scenes cannot influence each other
            self.teacher = MovingTeacher(rows) if config.preserve_weight else None
            self.drift = DriftMonitor(config.monitor_every)
        weight = torch.tensor(config.class_weights or (1.0,) * classes)
        self.register_buffer("weight", weight, persistent=False)

    def forget_training(self) -> None:
        """Drop the modules that only training needs: the teacher and the monitor of drift."""
        self.teacher = self.drift = None

    @classmethod
    def build(
        cls, config: SceneSegmentationConfig, encoder: SceneEncoder, sizes: Sizes
    ) -> SceneSegmentation:
        """Build the objective; see ``Objective``."""
        return cls(config, encoder, classes=sizes.classes, total=sizes.total)

    def guess(self, batch: ClipBatch) -> Logits:
        """Return the student's logits of points (B, T, N, classes), scene by scene.

        Raises:
            ValueError: The points lack a channel that the encoder reads.
        """
        return Logits(self.head(self.encoder.point_features(batch)))

    def forward(self, batch: ClipBatch) -> Losses:
        """Return the loss of the labelled points plus the distillation.

        Raises:
            ValueError: The points have no labels, or lack a channel that the encoder reads.
        """
        if batch.point_label is None:
            raise ValueError("scenes without point labels cannot be learned from")
        tokens = self.encoder.point_features(batch)
        loss, parts = self._task(self.head(tokens).float().flatten(0, 2), batch.point_label)
        rows = self.encoder.in_a_row()
        if rows is not None and self.drift is not None:
            regions = rows.regions(batch)
            if self.teacher is not None:
                preserve = self._preserve(regions, tokens)
                parts["preserve"] = preserve
                loss = loss + self.config.preserve_weight * preserve
            parts["batch_drift"] = self.drift(rows, regions)
        return Losses(loss, {name: value.detach() for name, value in parts.items()})

    def _task(self, scores: Tensor, labels: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the loss of labelled points, (n, classes) and their labels, and its parts."""
        label = labels.flatten()
        known = label != IGNORED
        number = known.sum().clamp(min=1)
        loss = (
            F.cross_entropy(scores, label, self.weight, ignore_index=IGNORED, reduction="sum")
            / number
        )
        parts = {
            "loss": loss,
            "point_accuracy": ((scores.argmax(1) == label) & known).sum() / number,
        }
        if self.config.lovasz:
            parts["lovasz"] = lovasz_softmax(scores, label, ignored=IGNORED)
            loss = loss + self.config.lovasz * parts["lovasz"]
        return loss, parts

    def _preserve(self, regions: Regions, tokens: Tensor) -> Tensor:
        """Return the mean squared difference of the student's and the teacher's features."""
        assert self.teacher is not None
        if self.training:
            done = int(self.teacher.steps) / max(1, self.total)
            self.teacher.follow(self.encoder, half_cosine(*self.config.momentum, done))
        with torch.no_grad():
            aim = self.teacher.module.encode(regions, "cross").reshape(tokens.shape)
        mine, aim = tokens.float(), aim.float()
        if self.config.preserve_norm:
            mine, aim = (F.layer_norm(part, part.shape[-1:]) for part in (mine, aim))
        return (mine - aim).square().mean()
