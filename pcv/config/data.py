"""Sections of recipes that say which clips are cut from a store, and how training changes them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from pcv.config.section import Config, Count, Positive


class RegionConfig(Config):
    """Part of a scene that a clip holds: what lies nearest to a random point of it."""

    share: float = Field(0.0, ge=0, le=1)  # of the scene's points; 0: as many as data.points
    radius: float = Field(0.0, ge=0)  # metres around that point; 0: no limit
    thin: Literal["random", "spread"] = "random"  # how a larger region becomes data.points
    per_scene: Count = 1  # regions of a scene an epoch
    fill: bool = False  # repeat points of scenes too small for one; repeats have no label


class DataConfig(Config):
    """Which clips are cut from a store, and in what unit."""

    dataset: str | None = None  # refuse a store of another dataset
    frames: Count = 24
    interval: Count = 1  # frames from one clip frame to the next
    clip_stride: Count = 1  # frames from one clip start to the next
    points: Count = 1024
    scale: Positive = 1.0  # metres -> the unit of the encoder's radius
    centre: Literal["none", "video", "clip"] = "video"
    epoch: Literal["clips", "videos"] = "clips"  # one pass: every clip, or one random clip a video
    eval_clips: int = Field(0, ge=0)  # clips a video when scoring, evenly spaced; 0: all
    short: Literal["pad", "drop"] = "pad"  # videos shorter than a clip
    colour: bool = False  # clips carry the stored colours of their points
    normals: bool = False  # ... and normals
    instances: bool = False  # ... and which object each point belongs to
    spacing: float = Field(0.0, ge=0)  # scenes: metres that points keep apart; 0: all points
    region: RegionConfig = RegionConfig()  # scenes only
    # That a training scene keeps: so many, or those that a JSON file lists; 0: all; scenes only.
    labelled_points: Annotated[int, Field(ge=0)] | str = 0
    views: int = Field(0, ge=0)  # posed images a clip; training draws them at random
    image: tuple[Count, Count] | None = None  # their rows and columns; none: as stored
    held_out_views: int = Field(0, ge=0)  # every so many-th tests, never trains; 0: as stored
    teacher: str | None = None  # folder of a 2D model's features of the views: pcv teach

    @model_validator(mode="after")
    def _some_views_train(self) -> DataConfig:
        if self.held_out_views == 1:
            raise ValueError("held_out_views 1 would leave no view to train on; 0 or from 2")
        return self


class ColourAugmentConfig(Config):
    """Random changes of a training clip's colours, as the field trains on scenes."""

    contrast: float = Field(0.0, ge=0, le=1)  # probability to stretch each channel to 0..255
    shift: float = Field(0.0, ge=0, le=1)  # each channel moves by at most this share of 255 ...
    shift_chance: float = Field(0.95, ge=0, le=1)  # ... with this probability
    jitter: float = Field(0.0, ge=0, le=1)  # standard deviation a point, as a share of 255 ...
    jitter_chance: float = Field(0.95, ge=0, le=1)  # ... with this probability
    drop: float = Field(0.0, ge=0, le=1)  # probability that all colours become 127: as if unknown


class ElasticConfig(Config):
    """Smooth random displacement of points, one field of noise a pair."""

    chance: float = Field(0.0, ge=0, le=1)  # probability of being deformed
    cell: tuple[Positive, ...] = (0.2, 0.8)  # metres from one draw of the noise to the next
    strength: tuple[Positive, ...] = (0.4, 1.6)  # metres, standard deviation of the noise drawn

    @model_validator(mode="after")
    def _paired(self) -> ElasticConfig:
        if len(self.cell) != len(self.strength):
            raise ValueError("cell and strength must be equally long")
        return self


class AugmentConfig(Config):
    """Random changes of a training clip, the same for all its frames."""

    scale: tuple[float, float] = (0.9, 1.1)
    anisotropic: bool = True  # one factor an axis, as PSTNet
    rotate: float = Field(0.0, ge=0, le=180)  # degrees to either side, about the vertical axis
    tilt: float = Field(0.0, ge=0, le=180)  # degrees to either side, about both level axes
    mirror: float = Field(0.0, ge=0, le=1)  # probability of a left-right flip
    shift: float = Field(0.0, ge=0)  # metres to either side, each axis
    jitter: float = Field(0.0, ge=0)  # standard deviation, metres, each point
    drop: float = Field(0.0, ge=0, lt=1)  # at most this fraction of the points is replaced
    intervals: tuple[int, ...] = ()  # frame intervals to draw from; empty: data.interval
    two_views: bool = False  # a second, independent draw for the objective's target
    mix: float = Field(0.0, ge=0, le=1)  # probability that a batch of scenes is merged in pairs
    elastic: ElasticConfig = ElasticConfig()  # scenes only
    colour: ColourAugmentConfig = ColourAugmentConfig()  # scenes only

    @model_validator(mode="after")
    def _ordered(self) -> AugmentConfig:
        if not 0 < self.scale[0] <= self.scale[1]:
            raise ValueError("scale must be two positive numbers, the smaller first")
        if any(step < 1 for step in self.intervals):
            raise ValueError("intervals must be positive")
        return self
