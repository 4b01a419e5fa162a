"""How a frozen encoder is read, and in how many passes scenes are scored."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pcv.config.section import Config, Count, Positive


class ProbeConfig(Config):
    """Reading a frozen encoder."""

    segment_frames: int = Field(4, ge=0)
    read: Literal["max", "mean+max", "segments", "tokens"] = "segments"
    neighbours: Count = 5  # kNN
    linear_epochs: Count = 300
    linear_lr: Positive = 1e-2
    linear_weight_decay: float = Field(0.05, ge=0)
    warm_statistics: int = Field(8, ge=0)  # random encoder: batches that set its norm statistics
    scene_points: Count = 8192  # scenes: labelled points of each that are learned from, at most


class EvalConfig(Config):
    """Passes over a whole scene, whose softmax is summed: the field's test-time augmentation.

    The released configurations take 13: four turns at scales 1, 0.95 and 1.05, and one mirrored.
    What chooses a checkpoint while training is scored in one pass.
    """

    turns: Count = 1  # about the vertical axis, evenly spaced
    scales: tuple[Positive, ...] = Field((1.0,), min_length=1)
    mirror: bool = False  # once more, left and right exchanged

    @property
    def passes(self) -> int:
        """How many they are."""
        return self.turns * len(self.scales) + self.mirror
