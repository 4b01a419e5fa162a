"""Sections of recipes that choose an objective, and the registry of objectives."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, NamedTuple

from pydantic import Field, model_validator

from pcv.config.chosen import Chosen
from pcv.config.encoder import EncoderConfig, Offer
from pcv.config.section import Config, Count, Fraction, Positive
from pcv.plugins import OBJECTIVES as GROUP

# What is scored: classes of videos, of the points of videos, of the points of rooms, the objects
# of rooms, or images of rooms that were never trained on.
TaskName = Literal["videos", "points", "rooms", "objects", "views"]
POINTWISE = ("points", "rooms", "objects")  # tasks whose labels are those of points


class Halves(NamedTuple):
    """How whole frames are cut in two when they are scored, as large scenes are trained on."""

    axis: Literal["none", "x", "y", "z"] = "none"
    overlap: float = 0.0  # what each half sees beyond the cut, in the unit of the points


class ObjectiveConfig(Config):
    """What the section of every objective says, beside its own keys.

    Attributes:
        builds: ``module:Class`` of the objective, which is imported when one is built.
        stage: The stage that trains it.
        needs: What the encoder must offer.
        task: What is scored of it; None: nothing.
    """

    name: str
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
    if weights and len(weights) != classes:
        raise ValueError(f"class_weights: {len(weights)} weights, but {store} has {classes} classes")


OBJECTIVES: dict[str, type[ObjectiveConfig]] = {
    "pointcpsc": PointCPSCConfig,
    "pointcsp": PointCSPConfig,
    "gaussiancross": GaussianCrossConfig,
    "classify": ClassifyConfig,
    "segment": SegmentConfig,
    "scene_segment": SceneSegmentConfig,
    "scene_instances": SceneInstancesConfig,
}
AnyObjectiveConfig = Annotated[
    ObjectiveConfig, Chosen(GROUP, OBJECTIVES, ObjectiveConfig, "pointcpsc")
]
