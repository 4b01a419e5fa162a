"""Sections of recipes that choose an encoder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from pcv.config.chosen import NamedConfig
from pcv.config.section import Count, Fraction, Positive

if TYPE_CHECKING:
    from pcv.config.recipe import Recipe

# What an encoder can offer an objective: superpoints of clips, features of the points of scenes,
# scenes read in a row, features of voxels.
Offer = Literal["clips", "scenes", "rows", "voxels"]


class EncoderConfig(NamedConfig):
    """What the section of every encoder says, beside its own keys.

    Attributes:
        builds: ``module:Class`` of the encoder, which is imported when one is built.
        offers: What objectives can ask of the encoder.
        meaning: The keys that weights depend on: a run cannot start from weights that were
            trained with another value of one of them, even where all shapes agree.
    """

    told = ("builds", "offers", "meaning")
    builds: ClassVar[str]
    offers: ClassVar[frozenset[Offer]]
    meaning: ClassVar[tuple[str, ...]]

    @property
    def scenes(self) -> bool:
        """Whether the encoder reads scenes; else it reads videos."""
        return "scenes" in self.offers

    @property
    def channels_read(self) -> tuple[str, ...]:
        """What is read of a point beside its position: ``colour``, ``normal``."""
        return ()

    @property
    def fewest_points(self) -> int:
        """How many points a frame must have."""
        return 1

    @property
    def repeated_blocks(self) -> int:
        """How many blocks the keys ask for, each of which has weights of its own."""
        return 0

    @property
    def title(self) -> str:
        """The encoder in words, as a model card names it."""
        return self.name

    def check_clips(self, objective: str) -> None:
        """Raise a ValueError where an objective of clips needs other values of the keys."""

    def check_decoder(self) -> None:
        """Raise a ValueError where the encoder has no decoder that gives every point a feature."""

    def check_recipe(self, recipe: Recipe) -> None:
        """Raise a ValueError where other sections of a recipe do not go with this one."""


class PSTNetConfig(EncoderConfig):
    """PSTNet, in the form the self-supervised work uses."""

    builds = "pcv.encoders.pstnet:PSTNet"
    offers = frozenset[Offer]({"clips"})
    meaning = ("width", "combine", "pool")

    name: Literal["pstnet"] = "pstnet"
    width: Positive = 1.0  # multiplies every channel count
    radius: Positive = 0.5  # of the first layer, in the unit of the points
    neighbours: Count = 9
    combine: Literal["multiplication", "addition"] = "multiplication"
    pool: Literal["sum", "max", "mean"] = "sum"
    padding: Literal["zeros", "replicate"] = "zeros"
    anchors: Literal["prefix", "fps"] = "prefix"

    @property
    def fewest_points(self) -> int:
        """Points of a frame that leave an anchor after every layer."""
        return 16

    @property
    def title(self) -> str:
        """The encoder in words, as a model card names it."""
        return f"PSTNet of width {self.width:g}"


class P4TransformerConfig(EncoderConfig):
    """P4Transformer (Fan et al., CVPR 2021); None: what the published network of the form has."""

    builds = "pcv.encoders.p4transformer:P4Transformer"
    offers = frozenset[Offer]({"clips"})
    meaning = ("form", "width", "colour", "depth", "heads", "head_channels", "mlp",
               "temporal_kernel", "rectify")  # fmt: skip

    name: Literal["p4transformer"]
    form: Literal["action", "scene"] = "action"
    width: Positive = 1.0  # multiplies every channel count but those of the heads
    radius: Positive = 0.7  # of the first layer, in the unit of the points; scenes: 0.9
    neighbours: Annotated[int, Field(gt=0, le=85)] = 32
    colour: bool = False  # scene: reads red, green and blue of every point; needs data.colour
    spatial_stride: Count = 32  # action
    temporal_kernel: Count = 3  # action
    temporal_stride: Count = 2  # action; short clips: 1, with temporal_padding [0, 0]
    temporal_padding: tuple[int, int] = (1, 0)  # action; the first and the last frame are repeated
    rectify: bool = False  # action: ReLU before the transformer
    depth: int | None = Field(None, ge=0)  # blocks: 5, scenes 2
    heads: Count | None = None  # 8, scenes 4
    head_channels: Count | None = None  # 128, scenes 256
    mlp: Count | None = None  # 2048, scenes 1024
    dropout: float = Field(0.0, ge=0, lt=1)
    anchors: Literal["prefix", "fps"] = "prefix"

    @model_validator(mode="after")
    def _possible(self) -> P4TransformerConfig:
        if self.temporal_kernel % 2 == 0:
            raise ValueError("temporal_kernel must be odd")
        if self.temporal_kernel * self.neighbours > 256:
            raise ValueError("temporal_kernel times neighbours must be 256 at most")
        if self.colour and self.form != "scene":
            raise ValueError("colour needs form: scene")
        return self

    @property
    def fewest_points(self) -> int:
        """Points of a frame that leave an anchor after every layer."""
        return self.spatial_stride if self.form == "action" else 128

    @property
    def channels_read(self) -> tuple[str, ...]:
        """What is read of a point beside its position."""
        return ("colour",) if self.colour else ()

    @property
    def repeated_blocks(self) -> int:
        """How many blocks the keys ask for."""
        return self.depth or 0

    @property
    def title(self) -> str:
        """The encoder in words, as a model card names it."""
        return f"P4Transformer of width {self.width:g}"

    def check_decoder(self) -> None:
        """Raise a ValueError where the form has no decoder."""
        if self.form == "action":
            raise ValueError("encoder.form must be scene when objective.name is segment")

    def check_recipe(self, recipe: Recipe) -> None:
        """Raise a ValueError where colours are read that clips do not carry, or misplaced."""
        if not self.colour:
            return
        if not recipe.data.colour:
            raise ValueError("data.colour must be true when encoder.colour is")
        if recipe.augment.two_views and recipe.augment.drop:
            raise ValueError(
                "augment.drop must be 0 when encoder.colour and augment.two_views are true: "
                "the second view would have other points' colours"
            )


class SparseUNetConfig(EncoderConfig):
    """A sparse voxel U-Net; the defaults are SparseUNet34 (SpUNet of Pointcept), 39.1 M weights."""

    builds = "pcv.encoders.sparse_unet:SparseUNet"
    offers = frozenset[Offer]({"scenes", "voxels"})
    meaning = ("inputs", "channels", "stem", "blocks")

    name: Literal["sparseunet"]
    inputs: tuple[Literal["colour", "normal"], ...] = ("colour", "normal")  # of a point; none: 1
    voxel: Positive = 0.02  # in the unit of the points
    stem: Count = 32  # channels before the first stage
    channels: tuple[Count, ...] = (32, 64, 128, 256, 256, 128, 96, 96)  # stages down, then up
    blocks: tuple[Annotated[int, Field(ge=0)], ...] = (2, 3, 4, 6, 2, 2, 2, 2)
    norm_momentum: Fraction = 0.01  # of running statistics; short runs: 0.1
    backend: Literal["torch", "spconv-triton"] = "torch"  # the latter: CUDA only

    @model_validator(mode="after")
    def _possible(self) -> SparseUNetConfig:
        if len(self.channels) % 2 or len(self.channels) != len(self.blocks) or not self.channels:
            raise ValueError("channels and blocks must name as many stages down as up")
        if len(set(self.inputs)) != len(self.inputs):
            raise ValueError("inputs must name each channel once")
        return self

    @property
    def channels_read(self) -> tuple[str, ...]:
        """What is read of a point beside its position."""
        return self.inputs

    @property
    def repeated_blocks(self) -> int:
        """How many blocks the keys ask for."""
        return sum(self.blocks)

    @property
    def title(self) -> str:
        """The encoder in words, as a model card names it."""
        return "SparseUNet"


class SerialConfig(EncoderConfig):
    """A state-space encoder of points in a row, for PointCSP; no source states its sizes."""

    builds = "pcv.encoders.serial:Serial"
    offers = frozenset[Offer]({"scenes", "rows", "clips"})
    meaning = ("inputs", "normalise", "channels", "depth", "heads", "key_channels",
               "value_channels", "mlp", "bidirectional")  # fmt: skip

    name: Literal["serial"]
    inputs: tuple[Literal["xyz", "colour", "normal"], ...] = ("xyz", "colour")  # of a point
    normalise: Literal["radius", "centre"] = "radius"  # xyz over the region's radius, or as it is
    channels: Count = 384  # of a token
    stem_blocks: int = Field(2, ge=0)
    neighbours: Annotated[int, Field(gt=0, le=256)] = 16
    norm: Literal["layer", "batch"] = "layer"  # of the stem; batch: samples see each other training
    depth: int = Field(8, ge=0)  # state-space blocks
    heads: Count = 6
    key_channels: Count = 64  # of a head
    value_channels: Count = 64
    mlp: Count = 1536
    order: Literal["shuffle", "hilbert", "z", "none"] = "shuffle"
    order_scope: Literal["batch", "sample"] = "batch"  # of cross mode: do samples mingle
    bidirectional: bool = False
    convolution: int = Field(0, ge=0, le=8)  # tokens joined before each scan; curves only
    backend: Literal["auto", "torch", "fla"] = "auto"

    @model_validator(mode="after")
    def _possible(self) -> SerialConfig:
        if len(set(self.inputs)) != len(self.inputs) or not self.inputs:
            raise ValueError("inputs must name at least one channel, each once")
        if self.convolution and self.order not in ("hilbert", "z"):
            raise ValueError("convolution must be 0 unless order is hilbert or z")
        return self

    @property
    def channels_read(self) -> tuple[str, ...]:
        """What is read of a point beside its position."""
        return tuple(name for name in self.inputs if name != "xyz")

    @property
    def repeated_blocks(self) -> int:
        """How many blocks the keys ask for."""
        return self.depth + self.stem_blocks

    def check_clips(self, objective: str) -> None:
        """Raise a ValueError where more than positions is read: clips carry nothing else."""
        if self.inputs != ("xyz",):
            raise ValueError(f"encoder.inputs must be [xyz] when objective.name is {objective}")
