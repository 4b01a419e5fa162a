"""What the section of every objective in a recipe says."""

from __future__ import annotations

from typing import ClassVar, Literal, NamedTuple

from pcv.config.chosen import NamedConfig
from pcv.config.encoder import EncoderConfig, Offer

# What is scored. videos: the class of every video; points: that of every point of videos; rooms:
# that of every point of rooms; objects: the objects of rooms; views: images drawn of rooms, beside
# real ones that were never trained on.
TaskName = Literal["videos", "points", "rooms", "objects", "views"]
POINTWISE = ("points", "rooms", "objects")  # tasks whose labels are those of points


class Halves(NamedTuple):
    """How whole frames are cut in two when they are scored: large scenes are trained on in parts.

    Axis ``none`` means that they are not cut.
    """

    axis: Literal["none", "x", "y", "z"] = "none"
    overlap: float = 0.0  # how far each half sees beyond the cut, in the unit of the points


class ObjectiveConfig(NamedConfig):
    """What the section of every objective says, besides its own keys.

    Attributes:
        builds: ``module:Class`` of the objective, which is imported when an objective is built.
        stage: The stage that trains the objective.
        needs: What the encoder must offer.
        task: What is scored; None: nothing.
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

    def recomputes(self) -> bool:
        """Say whether statistics of normalisations are found anew before scoring."""
        return True

    def check_frames(self, frames: int) -> None:
        """Raise a ValueError if clips of ``frames`` are too short for the objective."""

    def check_encoder(self, encoder: EncoderConfig) -> None:
        """Raise a ValueError if the encoder offers what is needed, but does not fit."""

    def check_points(self, points: int) -> None:
        """Raise a ValueError if clips have too few points for the objective."""

    def check_views(self, views: int, teacher: str | None) -> None:
        """Raise a ValueError if ``data.views`` and ``data.teacher`` are not what is needed."""

    def check_labels(self, classes: int, store: str = "the store") -> None:
        """Raise a ValueError if the keys do not fit the number of classes of a store.

        Args:
            classes: The number of classes.
            store: What the message calls the store.
        """

    def check_teacher(self, channels: int) -> None:
        """Raise a ValueError if a 2D teacher's features do not have the number of channels asked.

        Args:
            channels: The number of channels that they have.
        """

    @property
    def asks_for_subjects(self) -> bool:
        """Whether the subject of every training video must be known."""
        return False
