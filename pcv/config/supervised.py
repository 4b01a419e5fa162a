"""Sections of recipes that choose a supervised objective, which finetuning trains."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from pcv.config.encoder import EncoderConfig
from pcv.config.objective import Halves, ObjectiveConfig
from pcv.config.section import Count, Fraction, Positive, Whole


class SupervisedConfig(ObjectiveConfig):
    """What the sections of all supervised objectives have in common."""

    stage = "finetune"

    # Whether the statistics of batch normalisation are found anew, of training clips that are read
    # as scoring reads them, before a model is scored or kept. false: the averages of training.
    recompute_statistics: bool = True

    def recomputes(self) -> bool:
        """Say whether statistics of normalisations are found anew before scoring."""
        return self.recompute_statistics


class ClassifyConfig(SupervisedConfig):
    """Supervised classification of clips."""

    builds = "pcv.objectives.classify:Classify"
    needs = "clips"
    task = "videos"

    name: Literal["classify"] = "classify"
    segment_frames: Whole = 4  # frames that are encoded together; 0: the whole clip
    hidden: int = Field(512, ge=0, le=1 << 14)  # channels of the hidden layer; 0: one linear layer
    # How superpoints become one vector per clip, see pcv/nn/readout.py. max (PSTNet): the largest
    # mean of a frame; mean+max: that and the maximum; segments: both of every segment, in order;
    # tokens (P4Transformer): the maximum.
    read: Literal["max", "mean+max", "segments", "tokens"] = "max"
    dropout: float = Field(0.0, ge=0, lt=1)  # probability, before the last layer
    # The share of a target's probability that is spread over all classes.
    label_smoothing: float = Field(0.0, ge=0, lt=1)

    def segment_length(self, frames: int) -> int:
        """Return how many frames of a clip are encoded together."""
        return self.segment_frames or frames


class SegmentationConfig(SupervisedConfig):
    """Supervised labelling of the points of videos: a class for every point of every frame."""

    builds = "pcv.objectives.segmentation:Segmentation"
    needs = "clips"
    task = "points"

    name: Literal["segment"] = "segment"
    segment_frames: Whole = 0  # frames that are encoded together; 0: the whole clip
    class_weights: tuple[Positive, ...] = ()  # one weight of the loss per class; empty: all are 1
    dropout: float = Field(0.0, ge=0, lt=1)  # probability, before the last layer
    # The axis along which whole frames are cut in two when they are scored. none: they are not.
    halves: Literal["none", "x", "y", "z"] = "z"
    overlap: float = Field(1.0, ge=0)  # how far a half sees beyond the cut, in the points' unit

    def segment_length(self, frames: int) -> int:
        """Return how many frames of a clip are encoded together."""
        return self.segment_frames or frames

    def check_labels(self, classes: int, store: str = "the store") -> None:
        """Raise a ValueError if there are class weights, but not one for each class."""
        check_weights(self.class_weights, classes, store)

    def cut(self) -> Halves:
        """Return how whole frames are cut when their points are scored."""
        return Halves(self.halves, self.overlap)


class SceneSegmentationConfig(SupervisedConfig):
    """Supervised labelling of the points of scenes, with PointCSP's preservation distillation."""

    builds = "pcv.objectives.scene_segmentation:SceneSegmentation"
    needs = "scenes"
    task = "rooms"

    name: Literal["scene_segment"]
    class_weights: tuple[Positive, ...] = ()  # one weight of the loss per class; empty: all are 1
    # The weight of the Lovasz-Softmax loss, which is added to cross-entropy. 0: it is not added.
    lovasz: float = Field(0.0, ge=0)
    dropout: float = Field(0.0, ge=0, lt=1)  # probability, before the last layer
    # Lambda SPD, the weight of semantic preservation distillation. 0: no distillation.
    preserve_weight: float = Field(1.0, ge=0)
    preserve_norm: bool = True  # whether features are normalised before they are compared
    # The share of the teacher that a step keeps: first and last value, half a cosine in between.
    momentum: tuple[Fraction, Fraction] = (0.994, 1.0)
    monitor_every: Count = 10  # steps from one measurement of the batch drift to the next

    def check_encoder(self, encoder: EncoderConfig) -> None:
        """Raise a ValueError if there is distillation, but the encoder reads no scenes in a row."""
        if self.preserve_weight and "rows" not in encoder.offers:
            raise ValueError(
                "objective.preserve_weight must be 0: "
                f"encoder {encoder.name} cannot read scenes in a row"
            )

    def check_labels(self, classes: int, store: str = "the store") -> None:
        """Raise a ValueError if there are class weights, but not one for each class."""
        check_weights(self.class_weights, classes, store)


class SceneInstancesConfig(SupervisedConfig):
    """Objects of scenes, by offsets and clustering (PointGroup, Jiang et al., CVPR 2020)."""

    builds = "pcv.objectives.scene_instances:SceneInstances"
    needs = "scenes"
    task = "objects"

    name: Literal["scene_instances"]
    # Indices of the classes that have no objects; the default is ScanNet's wall and floor.
    stuff: tuple[Annotated[int, Field(ge=0)], ...] = (0, 1)
    offset_weight: float = Field(1.0, ge=0)  # weight of the L1 of offsets, in the points' unit
    direction_weight: float = Field(1.0, ge=0)  # weight of the negative cosine of offsets
    # The largest distance between neighbours in a cluster, in the points' unit. The default is 1.5
    # voxels of 2 cm.
    radius: Positive = 0.03
    least: Count = 100  # smaller clusters, in points, are dropped
    # The IoU of two clusters from which on the less confident one is dropped.
    suppress: Fraction = 0.3


def check_weights(weights: tuple[float, ...], classes: int, store: str) -> None:
    """Raise a ValueError where there are class weights, but not one for each class."""
    count = len(weights)
    if count not in (0, classes):
        raise ValueError(f"class_weights: {count} weights, but {store} has {classes} classes")
