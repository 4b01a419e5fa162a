"""Supervised classification: what finetuning trains around an encoder."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from pcv.clip import ClipBatch, Losses
from pcv.config.objective import ClassifyConfig
from pcv.encoders.encoder import Encoder
from pcv.encoders.segments import encode_segments
from pcv.nn.heads import classifier
from pcv.nn.readout import read, read_width


class Classify(nn.Module):
    """Encode segments, pool them to one vector and classify it with cross-entropy."""

    def __init__(
        self, config: ClassifyConfig, encoder: Encoder, *, frames: int, classes: int
    ) -> None:
        super().__init__()
        self.config = config
        self.encoder = encoder
        segments = frames // (config.segment_frames or frames)
        width = read_width(encoder.width, segments, config.read)
        self.head = classifier(width, config.hidden, classes, config.dropout)

    def scores(self, batch: ClipBatch) -> Tensor:  # (B, classes)
        """Return logits."""
        return self.logits(self.encoder.inputs(batch))

    def logits(self, points: Tensor) -> Tensor:  # (B, T, N, 3 or 6) -> (B, classes)
        """Return logits of points as the encoder's ``inputs`` gives them."""
        found = encode_segments(self.encoder, points, self.config.segment_frames)
        return self.head(read(found.feature, self.config.read))

    def forward(self, batch: ClipBatch) -> Losses:
        """Return the loss, and the share of clips that are right.

        Raises:
            ValueError: A clip has no label.
        """
        if bool((batch.label < 0).any()):
            raise ValueError("a clip without a label cannot be learned from")
        scores = self.scores(batch).float()
        loss = F.cross_entropy(scores, batch.label, label_smoothing=self.config.label_smoothing)
        right = (scores.argmax(1) == batch.label).float().mean()
        return Losses(loss, {"loss": loss.detach(), "accuracy": right.detach()})
