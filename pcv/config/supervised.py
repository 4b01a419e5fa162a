"""Sections of recipes that choose a supervised objective: what finetuning trains."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from pcv.config.encoder import EncoderConfig
from pcv.config.objective import Halves, ObjectiveConfig
from pcv.config.section import Count, Fraction, Positive


class ClassifyConfig(ObjectiveConfig):
    """Supervised classification of clips: what finetuning trains."""

    builds = "pcv.objectives.classify:Classify"
    stage = "finetune"
    needs = "clips"
    task = "videos"

    name: Literal["classify"] = "classify"
    segment_frames: int = Field(4, ge=0)  # 0: the clip is encoded whole
    hidden: int = Field(512, ge=0)  # 0: one linear layer
    read: Literal["max", "mean+max", "segments", "tokens"] = (
        "max"  # how superpoints become one vector
    )
    dropout: float = Field(0.0, ge=0, lt=1)
    label_smoothing: float = Field(0.0, ge=0, lt=1)

    def segment_length(self, frames: int) -> int:
        """Return how many frames of a clip are encoded together."""
        return self.segment_frames or frames


class SegmentConfig(ObjectiveConfig):
    """Supervised segmentation: a class for every point of every frame."""

    builds = "pcv.objectives.segment:Segment"
    stage = "finetune"
    needs = "clips"
    task = "points"

    name: Literal["segment"] = "segment"
    segment_frames: int = Field(0, ge=0)  # encoded on its own; 0: the whole clip
    class_weights: tuple[Positive, ...] = ()  # of the loss, one a class; empty: all 1
    dropout: float = Field(0.0, ge=0, lt=1)
    halves: Literal["none", "x", "y", "z"] = "z"  # scoring: frames are cut in two along this axis
    overlap: float = Field(1.0, ge=0)  # what each half sees beyond the cut, in the points' unit

    def segment_length(self, frames: int) -> int:
        """Return how many frames of a clip are encoded together."""
        return self.segment_frames or frames

    def check_labels(self, classes: int, store: str = "the store") -> None:
        """Raise a ValueError where there are class weights, but not one for each class."""
        check_weights(self.class_weights, classes, store)

    def cut(self) -> Halves:
        """Return how whole frames are cut when their points are scored."""
        return Halves(self.halves, self.overlap)


class SceneSegmentConfig(ObjectiveConfig):
    """Classes of the points of scenes, with PointCSP's semantic preservation distillation."""

    builds = "pcv.objectives.scene_segment:SceneSegment"
    stage = "finetune"
    needs = "scenes"
    task = "rooms"

    name: Literal["scene_segment"]
    class_weights: tuple[Positive, ...] = ()  # of the loss, one a class; empty: all 1
    lovasz: float = Field(0.0, ge=0)  # weight of the Lovasz-Softmax loss beside cross-entropy
    dropout: float = Field(0.0, ge=0, lt=1)
    preserve_weight: float = Field(1.0, ge=0)  # lambda SPD; 0: without distillation
    preserve_norm: bool = True  # features are normalised before they are compared
    momentum: tuple[Fraction, Fraction] = (0.994, 1.0)  # of the teacher, by half a cosine
    monitor_every: Count = 10  # steps from one measurement of the batch drift to the next

    def check_encoder(self, encoder: EncoderConfig) -> None:
        """Raise a ValueError where a teacher is asked for that would read scenes in a row."""
        if self.preserve_weight and "rows" not in encoder.offers:
            raise ValueError(
                f"objective.preserve_weight must be 0: {encoder.name} reads no sequences"
            )

    def check_labels(self, classes: int, store: str = "the store") -> None:
        """Raise a ValueError where there are class weights, but not one for each class."""
        check_weights(self.class_weights, classes, store)


class SceneInstancesConfig(ObjectiveConfig):
    """Objects of scenes, by an offset head and clustering (PointGroup, Jiang et al., CVPR 2020)."""

    builds = "pcv.objectives.scene_instances:SceneInstances"
    stage = "finetune"
    needs = "scenes"
    task = "objects"

    name: Literal["scene_instances"]
    stuff: tuple[Annotated[int, Field(ge=0)], ...] = (0, 1)  # classes without objects: wall, floor
    offset_weight: float = Field(1.0, ge=0)
    direction_weight: float = Field(1.0, ge=0)
    radius: Positive = 0.03  # of clusters, in the unit of the points: 1.5 voxels of 2 cm
    least: Count = 100  # points of a cluster
    suppress: Fraction = 0.3  # overlap from which the less confident of two clusters goes


def check_weights(weights: tuple[float, ...], classes: int, store: str) -> None:
    """Raise a ValueError where there are class weights, but not one for each class."""
    count = len(weights)
    if count not in (0, classes):
        raise ValueError(f"class_weights: {count} weights, but {store} has {classes} classes")
