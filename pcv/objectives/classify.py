"""Supervised classification of clips, which finetuning trains."""

from __future__ import annotations

from torch.nn import functional as F

from pcv.clip import ClipBatch, Logits, Losses
from pcv.config.supervised import ClassifyConfig
from pcv.encoders import ClipEncoder
from pcv.encoders.segments import encode_segments
from pcv.nn.heads import classifier
from pcv.nn.readout import read, read_width
from pcv.objectives.objective import Sizes, Supervised


class Classify(Supervised):
    """Encode the segments of a clip, pool them to one vector, and classify it by cross-entropy."""

    main_score = "accuracy"

    def __init__(
        self, config: ClassifyConfig, encoder: ClipEncoder, *, frames: int, classes: int
    ) -> None:
        super().__init__()
        self.config: ClassifyConfig = config
        self.encoder: ClipEncoder = encoder
        segments = frames // (config.segment_frames or frames)
        width = read_width(encoder.width, segments, config.read)
        self.head = classifier(width, config.hidden, classes, config.dropout)

    @classmethod
    def build(cls, config: ClassifyConfig, encoder: ClipEncoder, sizes: Sizes) -> Classify:
        """Build the objective; see ``Objective``."""
        return cls(config, encoder, frames=sizes.frames, classes=sizes.classes)

    def guess(self, batch: ClipBatch) -> Logits:
        """Return the logits of clips: (B, classes)."""
        points = self.encoder.inputs(batch)
        found = encode_segments(self.encoder, points, self.config.segment_frames)
        return Logits(self.head(read(found.feature, self.config.read)))

    def forward(self, batch: ClipBatch) -> Losses:
        """Return the loss, and the share of clips that are classified correctly.

        Raises:
            ValueError: A clip has no label.
        """
        if bool((batch.label < 0).any()):
            raise ValueError("a clip without a label cannot be learned from")
        scores = self.guess(batch).scores.float()
        loss = F.cross_entropy(scores, batch.label, label_smoothing=self.config.label_smoothing)
        right = (scores.argmax(1) == batch.label).float().mean()
        return Losses(loss, {"loss": loss.detach(), "accuracy": right.detach()})
