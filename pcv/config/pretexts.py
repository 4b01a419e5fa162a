"""Sections of recipes that choose a pretext: what an encoder learns without labels."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from pcv.config.objective import ObjectiveConfig
from pcv.config.section import (
    Amount,
    Channels,
    Count,
    Depth,
    Entries,
    Few,
    FewOrNone,
    Fraction,
    Frames,
    Heads,
    Hidden,
    Points,
    Positive,
    Whole,
)

Levels = Annotated[tuple[Channels, ...], Field(min_length=1, max_length=16)]


class PointCPSCConfig(ObjectiveConfig):
    """PointCPSC (Sheng et al., ICCV 2023, section 3); a key settles what the paper leaves open."""

    builds = "pcv.objectives.pointcpsc:PointCPSC"
    stage = "pretrain"
    needs = "clips"

    name: Literal["pointcpsc"] = "pointcpsc"
    segment_frames: Frames = 4  # frames per segment; the last segment of a clip is predicted
    channels: Channels = 1024  # channels of a projected superpoint
    # What projects superpoints. linear: one linear layer; batchnorm: one without bias, then batch
    # normalisation without scale and shift.
    projector: Literal["linear", "batchnorm"] = "linear"
    autoregressor_depth: Depth = 3  # blocks of the transformer that reads the earlier segments
    autoregressor_heads: Heads = 8  # attention heads per block
    autoregressor_head_channels: Channels = 128  # channels per head
    autoregressor_mlp: Channels = 2048  # hidden channels of the perceptron of a block
    # Channels of the predictor's hidden layers.
    predictor_hidden: tuple[Channels, Channels] = (1024, 2048)
    temperature: Positive = 0.01  # divides the similarities in equations 4 and 7
    # Whose similarities equation 4 takes: those of the prediction; or of the target, as printed.
    anchor: Literal["prediction", "target"] = "prediction"
    # Where the negatives of equation 4 come from: the bank, as printed; the batch; or both.
    negatives: Literal["bank", "batch", "bank+batch"] = "bank+batch"
    context_negatives: bool = False  # whether earlier segments of the same clip are negatives too
    # The share of each set, the least similar to the target, that are negatives (equation 1).
    negative_ratio: Fraction = 0.7
    bank_size: Entries = 1024  # what the bank holds, in units of bank_unit; 0: no bank
    bank_unit: Literal["clip", "superpoint"] = "clip"  # clip: all superpoints of a clip's target
    # Whether the neighbours and negatives from the bank come from other videos only.
    exclude_same_video: bool = True
    # Whose videos negatives come from. same: only those of the same subject, so that telling
    # people apart does not help; the subjects must be known.
    negative_subjects: Literal["any", "same"] = "any"
    # Whose videos positive neighbours come from. other: only those of other subjects, so that
    # what people have in common attracts; the subjects must be known.
    neighbour_subjects: Literal["any", "other"] = "any"
    # The number of entries of the bank, the most similar ones, that attract. 0: none.
    positive_neighbours: Whole = 3
    # How positive neighbours are weighted: fusion (B3 of Table 6), softmax (B1) or add (B2).
    neighbour_weighting: Literal["fusion", "softmax", "add"] = "fusion"
    prototypes: Hidden = 10  # prototypes of the semantic clustering; 0: no clustering
    # What equation 7 compares. sample: the prototypes of every clip; batch: their average over the
    # batch.
    prototype_scope: Literal["sample", "batch"] = "sample"
    prototype_scale: Positive = 1.0  # factor on the logits of equation 5
    normalise_prototypes: bool = False  # whether the logits of equation 5 are cosines
    prototype_weight: Amount = 1.0  # lambda 1, the weight of equation 7
    # Lambda 2, the weight of equation 8; the paper uses it only where points are labelled.
    assignment_weight: Amount = 0.0
    stop_gradient_target: bool = False  # whether the target gets no gradient
    stop_gradient_assignment: bool = False  # whether the target's assignment gets no gradient

    def segment_length(self, frames: int) -> int:
        """Return how many frames of a clip are encoded together."""
        return self.segment_frames or frames

    def check_frames(self, frames: int) -> None:
        """Raise a ValueError if no segment lies before the last one, which is predicted."""
        if frames < 2 * self.segment_frames:
            raise ValueError(
                f"data.frames ({frames}) must be at least twice objective.segment_frames "
                f"({self.segment_frames}): the last segment is predicted from those before it"
            )

    @property
    def asks_for_subjects(self) -> bool:
        """Whether a subject decides which clips repel or attract each other."""
        return self.negative_subjects == "same" or self.neighbour_subjects == "other"


class GaussianCrossConfig(ObjectiveConfig):
    """GaussianCross (Yao et al., ACM MM 2025); its pretraining code and constants are unpublished.

    The project page states that half of the points are masked, that there is one Gaussian per
    lattice cell, that Gaussians are pruned at an opacity of 0.3, and that the losses are the L1 of
    colour and of depth and the cosine to a frozen 2D teacher. The other values are ours.
    """

    builds = "pcv.objectives.gaussiancross:GaussianCross"
    stage = "pretrain"
    needs = "voxels"
    task = "views"

    name: Literal["gaussiancross"]
    segment_frames: Literal[0] = 0  # always 0: a clip is one cloud
    mask: float = Field(0.5, ge=0, lt=1)  # share of the points that training hides from the encoder
    lattice: tuple[Few, Few, Few] = (128, 32, 128)  # cells along x, y (vertical) and z
    # What the lattice spans. cuboid: the cloud's own extent along every axis; cube: the longest
    # of these extents along every axis.
    normalisation: Literal["cuboid", "cube"] = "cuboid"
    dense: Levels = (32, 64, 128, 256)  # channels of the 3D CNN's levels, finest first
    dense_out: Channels = 128  # channels per cell after the 3D CNN
    hidden: Channels = 128  # channels of the hidden layer that all heads of the decoder share
    features: Channels = 32  # channels per Gaussian besides its colour
    reach: Positive = 1.0  # how far a Gaussian may lie from the middle of its cell, in cells
    prune: float = Field(0.3, ge=0, lt=1)  # Gaussians of at most this opacity are not drawn
    keep_at_least: Count = 256  # Gaussians per cloud that are drawn however faint they are
    rasteriser: Literal["torch", "gsplat"] = "torch"  # what draws; gsplat needs CUDA
    alpha_cap: Fraction = 0.999  # largest alpha of a Gaussian in a pixel; gsplat after 1.5.3: 0.99
    # Which depth is compared with the sensor's. accumulated: depths weighted by alpha; expected:
    # the same divided by the sum of the weights.
    depth: Literal["expected", "accumulated"] = "expected"
    # Whose features are the target. image-statistics: hand-made ones of the images; cached: those
    # of a 2D model, which data.teacher holds.
    teacher: Literal["image-statistics", "cached"] = "image-statistics"
    teacher_cell: Count = 16  # image-statistics: side in pixels of the squares that are described
    teacher_channels: Hidden = 0  # cached: channels of the features; else 0
    # Hidden channels of the projector to the teacher's channels. 0: one linear layer.
    projector_hidden: Hidden = 0
    colour_weight: Amount = 1.0  # weight of the L1 of colours, which are from 0 to 1
    depth_weight: Amount = 1.0  # weight of the L1 of depth, in metres
    semantic_weight: Amount = 0.5  # weight of 1 - cosine to the teacher's features

    @model_validator(mode="after")
    def _teacher_is_known(self) -> GaussianCrossConfig:
        if (self.teacher == "cached") != (self.teacher_channels > 0):
            raise ValueError("teacher_channels must be set if teacher is cached, and only then")
        return self

    def check_views(self, views: int, teacher: str | None) -> None:
        """Raise a ValueError if there are no views, or the teacher's features are not given."""
        if not views:
            raise ValueError("data.views must be positive when objective.name is gaussiancross")
        if (self.teacher == "cached") != (teacher is not None):
            raise ValueError(
                "data.teacher must be set if objective.teacher is cached, and only then"
            )

    def check_teacher(self, channels: int) -> None:
        """Raise a ValueError if the teacher's features have another number of channels."""
        if channels != self.teacher_channels:
            raise ValueError(
                f"features of {channels} channels, but objective.teacher_channels is "
                f"{self.teacher_channels}"
            )


Share = tuple[Fraction, Fraction]  # smallest and largest share; one is drawn evenly between them


class PointCSPConfig(ObjectiveConfig):
    """PointCSP pretraining (arXiv 2605.01759); a key settles what the abstract does not state.

    The keys that say view mean a crop of a scene, as the paper does.
    """

    builds = "pcv.objectives.pointcsp:PointCSP"
    stage = "pretrain"
    needs = "rows"

    name: Literal["pointcsp"]
    # cross: one crop of every scene of a batch makes one sequence; single: every crop makes one.
    mode: Literal["cross", "single"] = "cross"
    # What agrees. dense: every token with the teacher's nearest token; crop: the mean tokens of
    # crops, as in the paper.
    flavour: Literal["dense", "crop"] = "dense"
    # The share of the clip's points, those nearest to a random one, from which crops are cut.
    region: Fraction = 0.6
    global_views: Few = 2  # large crops per scene, which the teacher sees too
    global_share: Share = (0.4, 0.8)  # share of the region's points that a large crop spans
    global_points: Points = 1024  # points per large crop, after thinning
    local_views: FewOrNone = 8  # small crops per scene, for the student alone; 0: none
    local_share: Share = (0.1, 0.3)  # share of the region's points that a small crop spans
    local_points: Points = 1024  # points per small crop, after thinning
    # The largest angle about the vertical axis, in degrees to either side, drawn for every crop.
    rotate: float = Field(180.0, ge=0, le=180)
    scale: tuple[Positive, Positive] = (0.9, 1.1)  # smallest and largest factor on positions
    jitter: Amount = 0.005  # standard deviation of positions, in the points' unit
    # The largest change of a crop's brightness and of its contrast; colours are from -1 to 1.
    colour_jitter: Amount = 0.1
    # dense: the largest distance between tokens that must agree, in the points' unit.
    match_radius: Positive = 0.32
    # Whether a student's crop must also agree with the teacher's output for the same crop, as
    # printed.
    same_view: bool = False
    head_hidden: Channels = 1024  # hidden channels of the head
    head_channels: Channels = 256  # channels in which the head compares tokens with prototypes
    prototypes: Annotated[int, Field(gt=0, le=1 << 16)] = 1024  # prototypes of the head
    # How the teacher's outputs become targets that do not collapse. sinkhorn: they are shared
    # evenly among the prototypes; centring: their running centre is subtracted.
    targets: Literal["sinkhorn", "centring"] = "sinkhorn"
    sinkhorn_iterations: Few = 3  # targets sinkhorn: iterations per step
    centre_momentum: float = Field(0.9, ge=0, lt=1)  # targets centring: share of the old centre
    student_temperature: Positive = 0.1  # divides the student's logits
    teacher_temperature: tuple[Positive, Positive] = (0.04, 0.07)  # the first and the last one
    # The share of the run over which the teacher's temperature goes from the first to the last.
    teacher_warmup: float = Field(0.05, ge=0, le=1)
    # The share of the teacher that a step keeps: first and last value, half a cosine in between.
    momentum: tuple[Fraction, Fraction] = (0.994, 1.0)
    geometry_weight: Amount = 0.1  # weight of the error of predicted positions
    # The share of a crop's positions that is hidden, to be predicted. 0: none; shown positions
    # are predicted, which can be copied from the input.
    geometry_hidden: float = Field(0.3, ge=0, lt=1)
    geometry_points: Count = 256  # positions that are predicted per crop, at most
    monitor_every: Count = 10  # steps from one measurement of the batch drift to the next

    @model_validator(mode="after")
    def _ordered(self) -> PointCSPConfig:
        for name in ("global_share", "local_share", "scale"):
            low, high = getattr(self, name)
            if low > high:
                raise ValueError(f"{name} must be two numbers, the smaller first")
        if self.global_views < 2 and not self.local_views and not self.same_view:
            raise ValueError("a single crop has no other to agree with; set global_views to 2")
        return self

    def check_points(self, points: int) -> None:
        """Raise a ValueError if crops of a clip of so many points would have too few."""
        region = round(self.region * points)
        kinds = {"global": (self.global_share[0], self.global_points)}
        if self.local_views:
            kinds["local"] = (self.local_share[0], self.local_points)
        for kind, (share, wanted) in kinds.items():
            held = round(share * region)
            if held < wanted:
                raise ValueError(
                    f"data.points {points} is too small: the smallest {kind} crop holds {held} "
                    f"points and needs {wanted}; raise it, or lower objective.{kind}_points"
                )
