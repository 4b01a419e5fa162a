"""What every objective has, and what a supervised one adds so that it can be scored."""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple

from torch import nn

from pcv.clip import ClipBatch, Logits, Losses
from pcv.config.objective import ObjectiveConfig
from pcv.encoders import Encoder


class Sizes(NamedTuple):
    """What an objective must know of the clips and the run, besides its own section."""

    frames: int  # per clip
    points: int  # per frame
    classes: int = 0  # number of classes of the store's labels; 0: nothing is classified
    total: int = 1  # steps of the whole run, for schedules


class Objective(nn.Module):
    """A loss around an encoder, with all that only this loss needs.

    Attributes:
        encoder: The encoder that is trained.
        config: The section of the recipe from which the objective was built.
    """

    encoder: Encoder
    config: ObjectiveConfig

    @classmethod
    def build(cls, config: Any, encoder: Any, sizes: Sizes) -> Objective:  # noqa: ANN401
        """Build the objective from its section of the recipe, around an encoder that serves it."""
        raise NotImplementedError

    def forward(self, batch: ClipBatch) -> Losses:
        """Return the loss of a batch, and the values that are logged."""
        raise NotImplementedError

    def forget_training(self) -> None:
        """Drop the modules that only training needs."""


class Supervised(Objective):
    """An objective that is scored against labels.

    Attributes:
        main_score: The score that chooses the best epoch.
    """

    main_score: ClassVar[str]

    def guess(self, batch: ClipBatch) -> Logits:
        """Return the predictions for a batch.

        Raises:
            ValueError: The points lack a channel that the encoder reads.
        """
        raise NotImplementedError
