"""What the section of a recipe that chooses an objective says, whichever it is."""

from __future__ import annotations

from typing import ClassVar, Literal, NamedTuple

from pcv.config.chosen import NamedConfig
from pcv.config.encoder import EncoderConfig, Offer

# What is scored: classes of videos, of the points of videos, of the points of rooms, the objects
# of rooms, or images of rooms that were never trained on.
TaskName = Literal["videos", "points", "rooms", "objects", "views"]
POINTWISE = ("points", "rooms", "objects")  # tasks whose labels are those of points


class Halves(NamedTuple):
    """How whole frames are cut in two when they are scored, as large scenes are trained on."""

    axis: Literal["none", "x", "y", "z"] = "none"
    overlap: float = 0.0  # what each half sees beyond the cut, in the unit of the points


class ObjectiveConfig(NamedConfig):
    """What the section of every objective says, beside its own keys.

    Attributes:
        builds: ``module:Class`` of the objective, which is imported when one is built.
        stage: The stage that trains it.
        needs: What the encoder must offer.
        task: What is scored of it; None: nothing.
    """

    told = ("builds", "stage", "needs")
    builds: ClassVar[str]
    stage: ClassVar[Literal["pretrain", "finetune"]]
    needs: ClassVar[Offer]
    task: ClassVar[TaskName | None] = None

    def cut(self) -> Halves:
        """Return how whole frames are cut when their points are scored."""
        return Halves()

    def segment_length(self, frames: int) -> int:
        """Return how many frames of a clip of ``frames`` are encoded together."""
        return frames

    def check_encoder(self, encoder: EncoderConfig) -> None:
        """Raise a ValueError where the encoder offers what is needed, but does not fit."""

    def check_points(self, points: int) -> None:
        """Raise a ValueError where clips have too few points for the objective."""

    def check_views(self, views: int, teacher: str | None) -> None:
        """Raise a ValueError where ``data.views`` and ``data.teacher`` are not what is needed."""

    def check_labels(self, classes: int, store: str = "the store") -> None:
        """Raise a ValueError where the keys do not fit the number of classes of a store."""

    def check_teacher(self, channels: int) -> None:
        """Raise a ValueError where the features of a 2D teacher have another width than asked."""

    @property
    def asks_for_subjects(self) -> bool:
        """Whether the subject of every training video must be known."""
        return False
