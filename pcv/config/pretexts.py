"""Sections of recipes that choose a pretext: what an encoder learns without labels."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from pcv.config.objective import ObjectiveConfig
from pcv.config.section import Count, Fraction, Positive


class PointCPSCConfig(ObjectiveConfig):
    """PointCPSC (Sheng et al., ICCV 2023, section 3); what the paper leaves open has a key here."""

    builds = "pcv.objectives.pointcpsc:PointCPSC"
    stage = "pretrain"
    needs = "clips"

    name: Literal["pointcpsc"] = "pointcpsc"
    segment_frames: Count = 4
    channels: Count = 1024  # of the projected embeddings
    projector: Literal["linear", "batchnorm"] = "linear"  # batchnorm: centred, without affine
    autoregressor_depth: Count = 3
    autoregressor_heads: Count = 8
    autoregressor_head_channels: Count = 128
    autoregressor_mlp: Count = 2048
    predictor_hidden: tuple[int, int] = (1024, 2048)
    temperature: Positive = 0.01
    anchor: Literal["prediction", "target"] = "prediction"  # eq. 4 as printed: target
    negatives: Literal["bank", "batch", "bank+batch"] = "bank+batch"  # eq. 4 as printed: bank
    context_negatives: bool = False  # earlier segments of the same clip repel too
    negative_ratio: Fraction = 0.7  # the least similar part of each set
    bank_size: int = Field(1024, ge=0)
    bank_unit: Literal["clip", "superpoint"] = "clip"
    exclude_same_video: bool = True  # neighbours and negatives come from other videos
    negative_subjects: Literal["any", "same"] = "any"  # same: who it is does not tell them apart
    neighbour_subjects: Literal["any", "other"] = "any"  # other: what people share attracts
    positive_neighbours: int = Field(3, ge=0)
    neighbour_weighting: Literal["fusion", "softmax", "add"] = "fusion"  # Table 6: B3, B1, B2
    prototypes: int = Field(10, ge=0)
    prototype_scope: Literal["sample", "batch"] = "sample"
    prototype_scale: Positive = 1.0  # multiplies the logits of eq. 5
    normalise_prototypes: bool = False  # cosine logits in eq. 5
    prototype_weight: float = Field(1.0, ge=0)  # lambda 1
    assignment_weight: float = Field(0.0, ge=0)  # lambda 2; the paper: only on segmentation
    stop_gradient_target: bool = False
    stop_gradient_assignment: bool = False

    def segment_length(self, frames: int) -> int:
        """Return how many frames of a clip are encoded together."""
        return self.segment_frames or frames

    @property
    def asks_for_subjects(self) -> bool:
        """Whether a subject decides which clips repel or attract each other."""
        return self.negative_subjects == "same" or self.neighbour_subjects == "other"


class GaussianCrossConfig(ObjectiveConfig):
    """GaussianCross (Yao et al., ACM MM 2025); its pretraining code and constants are unpublished.

    What the project page states: masking of half the points, one Gaussian a lattice cell, pruning
    at an opacity of 0.3, L1 of colour and depth, cosine to a frozen 2D teacher.
    """

    builds = "pcv.objectives.gaussiancross:GaussianCross"
    stage = "pretrain"
    needs = "voxels"
    task = "views"

    name: Literal["gaussiancross"]
    segment_frames: Literal[0] = 0  # a clip is one cloud
    mask: float = Field(0.5, ge=0, lt=1)  # share of the points that the encoder never sees
    lattice: tuple[Count, Count, Count] = (128, 32, 128)  # cells along x, y (vertical) and z
    normalisation: Literal["cuboid", "cube"] = "cuboid"
    dense: tuple[Count, ...] = (32, 64, 128, 256)  # widths of the 3D CNN's levels, finest first
    dense_out: Count = 128  # channels of a cell
    hidden: Count = 128  # of the heads
    features: Count = 32  # channels of a Gaussian beside its colour
    reach: Positive = 1.0  # cells that a Gaussian may move from the middle of its own
    prune: float = Field(0.3, ge=0, lt=1)  # opacity up to which Gaussians are not drawn
    keep_at_least: Count = 256  # Gaussians a cloud
    rasteriser: Literal["torch", "gsplat"] = "torch"  # the latter: CUDA only
    alpha_cap: Fraction = 0.999  # gsplat after 1.5.3: 0.99
    depth: Literal["expected", "accumulated"] = "expected"  # what is compared with the sensor's
    teacher: Literal["image-statistics", "cached"] = "image-statistics"  # cached: data.teacher
    teacher_cell: Count = 16  # image-statistics: pixels a side
    teacher_channels: int = Field(0, ge=0)  # cached: of its features
    projector_hidden: int = Field(0, ge=0)  # to the teacher's channels; 0: one linear layer
    colour_weight: float = Field(1.0, ge=0)
    depth_weight: float = Field(1.0, ge=0)  # of metres
    semantic_weight: float = Field(0.5, ge=0)

    @model_validator(mode="after")
    def _teacher_is_known(self) -> GaussianCrossConfig:
        if (self.teacher == "cached") != (self.teacher_channels > 0):
            raise ValueError("teacher_channels goes with teacher cached, and only with it")
        return self

    def check_views(self, views: int, teacher: str | None) -> None:
        """Raise a ValueError where no views are drawn, or the teacher's features are not given."""
        if not views:
            raise ValueError("data.views must be positive when objective is gaussiancross")
        if (self.teacher == "cached") != (teacher is not None):
            raise ValueError("data.teacher goes with objective.teacher cached and only with it")

    def check_teacher(self, channels: int) -> None:
        """Raise a ValueError where the teacher's features have another width."""
        if channels != self.teacher_channels:
            raise ValueError(
                f"features of {channels} channels, but objective.teacher_channels is "
                f"{self.teacher_channels}"
            )


Share = tuple[Fraction, Fraction]  # drawn evenly between both


class PointCSPConfig(ObjectiveConfig):
    """PointCSP pretraining (arXiv 2605.01759); what only notes state, or nobody, has a key here."""

    builds = "pcv.objectives.pointcsp:PointCSP"
    stage = "pretrain"
    needs = "rows"

    name: Literal["pointcsp"]
    mode: Literal["cross", "single"] = "cross"  # single: without cross-sample propagation
    flavour: Literal["dense", "crop"] = "dense"  # crop: one vector a region, as the paper
    region: Fraction = 0.6  # of the clip's points, nearest to one of them: what views are cut from
    global_views: Count = 2
    global_share: Share = (0.4, 0.8)
    global_points: Count = 1024
    local_views: int = Field(8, ge=0)
    local_share: Share = (0.1, 0.3)
    local_points: Count = 1024
    rotate: float = Field(180.0, ge=0, le=180)  # degrees to either side, each view by itself
    scale: tuple[Positive, Positive] = (0.9, 1.1)
    jitter: float = Field(0.005, ge=0)  # standard deviation, in the points' unit
    colour_jitter: float = Field(0.1, ge=0)  # of brightness and contrast a view, of -1 to 1
    match_radius: Positive = 0.32  # dense: farthest pair, in the points' unit
    same_view: bool = False  # a student's view also meets the teacher's own, as printed
    head_hidden: Count = 1024
    head_channels: Count = 256
    prototypes: Count = 1024
    targets: Literal["sinkhorn", "centring"] = "sinkhorn"
    sinkhorn_iterations: Count = 3
    centre_momentum: float = Field(0.9, ge=0, lt=1)
    student_temperature: Positive = 0.1
    teacher_temperature: tuple[Positive, Positive] = (0.04, 0.07)
    teacher_warmup: float = Field(0.05, ge=0, le=1)  # of the run, from the first to the second
    momentum: tuple[Fraction, Fraction] = (0.994, 1.0)  # of the teacher, by half a cosine
    geometry_weight: float = Field(0.1, ge=0)
    geometry_hidden: float = Field(0.3, ge=0, lt=1)  # of a view's places; 0: all are shown, a trap
    geometry_points: Count = 256  # predicted in each view
    monitor_every: Count = 10  # steps from one measurement of the batch drift to the next

    @model_validator(mode="after")
    def _ordered(self) -> PointCSPConfig:
        for name in ("global_share", "local_share", "scale"):
            low, high = getattr(self, name)
            if low > high:
                raise ValueError(f"{name} must be two numbers, the smaller first")
        if self.global_views < 2 and not self.local_views and not self.same_view:
            raise ValueError("one view alone has nothing to agree with; set global_views to 2")
        return self

    def check_points(self, points: int) -> None:
        """Raise a ValueError where a clip of so many points gives views too few."""
        region = round(self.region * points)
        kinds = {"global": (self.global_share[0], self.global_points)}
        if self.local_views:
            kinds["local"] = (self.local_share[0], self.local_points)
        for kind, (share, wanted) in kinds.items():
            held = round(share * region)
            if held < wanted:
                raise ValueError(
                    f"data.points {points} is too small: the smallest {kind} view holds {held} "
                    f"points and needs {wanted}; raise it, or lower objective.{kind}_points"
                )
