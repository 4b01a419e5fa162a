"""What every objective has, and what is scored of those that are supervised."""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple

from torch import nn

from pcv.clip import ClipBatch, Logits, Losses
from pcv.config.objective import ObjectiveConfig
from pcv.encoders import Encoder


class Sizes(NamedTuple):
    """What an objective must know of the clips and the run, beside its own section."""

    frames: int  # of a clip
    points: int  # of a frame
    classes: int = 0  # of the store's labels; 0: nothing is classified
    total: int = 1  # steps of the whole run, for schedules


class Objective(nn.Module):
    """What an encoder is trained for.

    Attributes:
        encoder: The encoder that is trained.
        config: The section of the recipe that the objective was built from.
    """

    encoder: Encoder
    config: ObjectiveConfig

    @classmethod
    def build(cls, config: Any, encoder: Any, sizes: Sizes) -> Objective:  # noqa: ANN401
        """Build the objective; a recipe that was checked gives the right section and encoder."""
        raise NotImplementedError

    def forward(self, batch: ClipBatch) -> Losses:
        """Return the loss of a batch, and what is logged beside it."""
        raise NotImplementedError

    def forget_training(self) -> None:
        """Drop what only training needs."""


class Supervised(Objective):
    """An objective that is scored against labels.

    Attributes:
        main_score: The score that chooses the best epoch.
    """

    main_score: ClassVar[str]

    def guess(self, batch: ClipBatch) -> Logits:
        """Return what is told of a batch.

        Raises:
            ValueError: The points lack a channel that the encoder reads.
        """
        raise NotImplementedError
