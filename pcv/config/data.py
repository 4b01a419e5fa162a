"""Sections of recipes that say which clips are cut from a store, and how training changes them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from pcv.config.section import Amount, Config, Count, Frames, Number, Points, Positive, Whole

Pixels = Annotated[int, Field(gt=0, le=1 << 14)]  # along a side of an image
Strengths = Annotated[tuple[Positive, ...], Field(max_length=16)]


class RegionConfig(Config):
    """The part of a scene that a training clip holds: the points nearest to a random one."""

    # The share of the scene's points that a region has, at least data.points of them.
    # 0: exactly data.points.
    share: float = Field(0.0, ge=0, le=1)
    # Instead of a share, a region has the points within this distance in metres, at least
    # data.points of them. 0: share decides.
    radius: Amount = 0.0
    # How a larger region is thinned to data.points. random: by chance; spread: evenly in space.
    thin: Literal["random", "spread"] = "random"
    per_scene: Count = 1  # regions per scene and epoch
    # Whether scenes of fewer than data.points are filled up with repeated points, which have no
    # label; else such a scene is an error.
    fill: bool = False


class DataConfig(Config):
    """Which clips are cut from a store, and in what unit."""

    dataset: str | None = None  # the only dataset whose stores are accepted; none: all are
    frames: Frames = 24  # frames per clip; scenes: 1
    interval: Frames = 1  # frames of the video from one frame of a clip to the next
    clip_stride: Count = 1  # frames of the video from the start of one clip to that of the next
    points: Points = 1024  # points per frame of a clip
    scale: Positive = 1.0  # factor from metres to the unit in which encoders read points
    # What becomes the origin: the mean point of the video (or scene), that of the clip (or
    # region), or none: the origin of the recording stays.
    centre: Literal["none", "video", "clip"] = "video"
    # What a training epoch is. clips: every clip of every video; videos: one random clip per video.
    epoch: Literal["clips", "videos"] = "clips"
    eval_clips: Whole = 0  # clips per video that are scored, evenly spaced; 0: all
    # Videos shorter than a clip. pad: their last frame is repeated; drop: they are left out.
    short: Literal["pad", "drop"] = "pad"
    colour: bool = False  # whether clips carry the stored colours of their points
    normals: bool = False  # whether clips carry the stored normals of their points
    instances: bool = False  # whether clips carry the object to which each point belongs
    # Scenes only: the smallest distance in metres between the points that are used. 0: all points.
    spacing: Amount = 0.0
    region: RegionConfig = RegionConfig()  # scenes only
    # Scenes only: the points of each training scene that keep their label, as a number (drawn at
    # random) or as the path of a JSON file that lists them. 0: all.
    labelled_points: Whole | str = 0
    # Posed images per clip, drawn at random in training and evenly spaced in scoring. 0: none.
    views: Annotated[int, Field(ge=0, le=4096)] = 0
    image: tuple[Pixels, Pixels] | None = None  # rows and columns of the images; none: as stored
    # One of this many views is held out: it is scored, and never trained on. 0: as in the store.
    held_out_views: Whole = 0
    # The folder of a 2D model's features of the views, as pcv teach writes it. None: no features.
    teacher: str | None = None

    @model_validator(mode="after")
    def _some_views_train(self) -> DataConfig:
        if self.held_out_views == 1:
            raise ValueError("held_out_views 1 leaves no view to train on; set 0, or 2 or more")
        return self


class ColourAugmentConfig(Config):
    """Random changes of a training clip's colours, which are usual in training on scenes."""

    # The probability that every channel is stretched by a random amount towards 0 to 255.
    contrast: float = Field(0.0, ge=0, le=1)
    shift: float = Field(0.0, ge=0, le=1)  # largest shift of a channel, as a share of 255
    shift_chance: float = Field(0.95, ge=0, le=1)  # probability of the shift
    # The standard deviation of the noise on every channel of every point, as a share of 255.
    jitter: float = Field(0.0, ge=0, le=1)
    jitter_chance: float = Field(0.95, ge=0, le=1)  # probability of the noise
    drop: float = Field(0.0, ge=0, le=1)  # probability that all colours become 127, as if unknown


class ElasticConfig(Config):
    """Smooth random displacement of points, once for each pair of a cell and a strength."""

    chance: float = Field(0.0, ge=0, le=1)  # probability that a clip is deformed
    cell: Strengths = (0.2, 0.8)  # metres between the positions where noise is drawn
    strength: Strengths = (0.4, 1.6)  # standard deviation of that noise, in metres

    @model_validator(mode="after")
    def _paired(self) -> ElasticConfig:
        if len(self.cell) != len(self.strength):
            raise ValueError("cell and strength must be equally long")
        return self


class AugmentConfig(Config):
    """Random changes of a training clip, the same for all its frames.

    Angles and shifts are drawn evenly between minus and plus the largest value.
    """

    scale: tuple[Positive, Positive] = (0.9, 1.1)  # smallest and largest factor on positions
    anisotropic: bool = True  # whether every axis has a factor of its own, as in PSTNet
    rotate: float = Field(0.0, ge=0, le=180)  # largest angle about the vertical axis, in degrees
    tilt: float = Field(0.0, ge=0, le=180)  # largest angle about each level axis, in degrees
    mirror: float = Field(0.0, ge=0, le=1)  # probability that left and right are exchanged
    shift: Amount = 0.0  # largest shift along each axis, in metres
    jitter: Amount = 0.0  # standard deviation of the noise on each point, in metres
    # The largest share of a frame's points that is replaced by copies of its first point.
    drop: float = Field(0.0, ge=0, lt=1)
    intervals: tuple[Number, ...] = ()  # frame intervals to draw one from; empty: data.interval
    # Whether clips also carry their points under a second, independent augmentation, from which
    # the objective makes its target.
    two_views: bool = False
    # Scenes only: the probability that the scenes of a batch are merged in pairs (Mix3D).
    mix: float = Field(0.0, ge=0, le=1)
    elastic: ElasticConfig = ElasticConfig()  # scenes only
    colour: ColourAugmentConfig = ColourAugmentConfig()  # scenes only

    @model_validator(mode="after")
    def _ordered(self) -> AugmentConfig:
        if self.scale[0] > self.scale[1]:
            raise ValueError("scale must be two positive numbers, the smaller first")
        if any(step < 1 for step in self.intervals):
            raise ValueError("intervals must be positive")
        return self
