"""Sections of recipes on probing frozen encoders, and on the passes in which data is scored."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pcv.config.section import Config, Count, Epochs, Few, Positive, Whole


class ProbeConfig(Config):
    """How classifiers read a frozen encoder."""

    # Videos: frames that are encoded together. 0: the whole clip.
    segment_frames: Whole = 4
    # Videos: how superpoints become one vector per clip, as in objective classify.
    read: Literal["max", "mean+max", "segments", "tokens"] = "segments"
    neighbours: Count = 5  # videos: nearest training videos that vote, beside a probe of only one
    linear_epochs: Epochs = 300  # passes of the linear classifier over the training features
    linear_lr: Positive = 1e-2  # first learning rate of the linear classifier
    linear_weight_decay: float = Field(0.05, ge=0)  # weight decay of the linear classifier
    # Training data on which a random encoder sets the statistics of its batch normalisation: for
    # videos so many batches, for scenes so many epochs. 0: the statistics stay untouched.
    warm_statistics: Whole = 8
    # Scenes: labelled points of each training scene from which the classifier learns, at most.
    scene_points: Count = 8192


class EvalConfig(Config):
    """Passes over a video or a scene whose softmax is summed: test-time augmentation.

    The released configurations of GaussianCross take 13 passes over scenes: four turns at each of
    the scales 1, 0.95 and 1.05, and a mirrored one. Scores that choose a checkpoint during training
    always come from one pass.
    """

    turns: Few = 1  # scenes: evenly spaced turns about the vertical axis, at every scale
    # Factors on positions.
    scales: tuple[Positive, ...] = Field((1.0,), min_length=1, max_length=64)
    mirror: bool = False  # scenes: whether one more pass exchanges left and right
    # Videos: random draws of the points of every frame, each a pass beside the farthest points. The
    # store must hold more points per frame than data.points. 0: the farthest points alone.
    draws: int = Field(0, ge=0, le=1000)
    # Videos: frames from one clip frame to the next, a pass for each. Empty: data.interval.
    intervals: tuple[Count, ...] = Field((), max_length=64)

    @property
    def passes(self) -> int:
        """The number of passes over a scene."""
        return self.turns * len(self.scales) + self.mirror

    @property
    def video_passes(self) -> int:
        """The number of passes over a video."""
        return max(1, len(self.intervals)) * len(self.scales) * (1 + self.draws)
