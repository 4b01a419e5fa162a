"""Sections of recipes that choose an encoder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from pcv.config.chosen import NamedConfig
from pcv.config.section import (
    Blocks,
    Channels,
    Count,
    Factor,
    Fraction,
    Frames,
    Heads,
    Positive,
)

if TYPE_CHECKING:
    from pcv.config.recipe import Recipe

Padding = Annotated[int, Field(ge=0, le=1024)]  # frames

# What an encoder can offer an objective. clips: superpoints of clips; scenes: a feature of every
# point of a scene; rows: the scenes of a batch read as one sequence; voxels: features of voxels.
Offer = Literal["clips", "scenes", "rows", "voxels"]


class EncoderConfig(NamedConfig):
    """What the section of every encoder says, besides its own keys.

    Attributes:
        builds: ``module:Class`` of the encoder, which is imported when an encoder is built.
        offers: What objectives can ask of the encoder.
        meaning: The keys on which the meaning of weights depends: a run cannot start from weights
            that were trained with another value of one of them, even where all shapes agree.
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
        """The channels that are read of a point besides its position: ``colour``, ``normal``."""
        return ()

    @property
    def fewest_points(self) -> int:
        """The smallest number of points that a frame must have."""
        return 1

    @property
    def repeated_blocks(self) -> int:
        """The number of blocks that the keys ask for, each of which has weights of its own."""
        return 0

    @property
    def title(self) -> str:
        """The encoder in words, as a model card names it."""
        return self.name

    def check_clips(self, objective: str) -> None:
        """Raise a ValueError if an objective of clips needs other values of the keys."""

    def check_decoder(self) -> None:
        """Raise a ValueError if the encoder has no decoder that gives every point a feature."""

    def check_frames(self, frames: int) -> None:
        """Raise a ValueError if so many frames cannot be encoded together."""

    def check_recipe(self, recipe: Recipe) -> None:
        """Raise a ValueError if another section of the recipe does not fit this one."""


def check_two_views(recipe: Recipe, anchors: str) -> None:
    """Raise a ValueError if a pretext compares anchors that differ between two augmentations."""
    if recipe.stage == "pretrain" and recipe.augment.two_views and anchors != "prefix":
        raise ValueError(
            "encoder.anchors must be prefix when augment.two_views is true: anchors that are "
            "searched for are other points in the second augmentation"
        )


class PSTNetConfig(EncoderConfig):
    """PSTNet (Fan et al., ICLR 2021), in the form that self-supervised work uses."""

    builds = "pcv.encoders.pstnet:PSTNet"
    offers = frozenset[Offer]({"clips"})
    meaning = ("width", "combine", "pool")

    name: Literal["pstnet"] = "pstnet"
    width: Factor = 1.0  # factor on the number of channels of every layer
    radius: Positive = 0.5  # of the balls of the first layer, in the unit of the points
    neighbours: Annotated[int, Field(gt=0, le=1024)] = 9  # points per ball, at most
    # How the displacement and the feature of a neighbour become one.
    combine: Literal["multiplication", "addition"] = "multiplication"
    pool: Literal["sum", "max", "mean"] = "sum"  # how the neighbours of an anchor become one
    # What lies before the first and after the last frame. zeros: empty frames; replicate: copies
    # of the first and the last frame.
    padding: Literal["zeros", "replicate"] = "zeros"
    # Which points become anchors. prefix: the first ones of a frame, which are its farthest points
    # in a store; fps: those that a search for farthest points finds.
    anchors: Literal["prefix", "fps"] = "prefix"

    @property
    def fewest_points(self) -> int:
        """The smallest number of points per frame that leaves an anchor after every layer."""
        return 16

    @property
    def title(self) -> str:
        """The encoder in words, as a model card names it."""
        return f"PSTNet of width {self.width:g}"

    def check_frames(self, frames: int) -> None:
        """Raise a ValueError if so many frames cannot be halved twice."""
        if frames % 4:
            raise ValueError(
                f"{frames} frames are encoded together, but encoder pstnet needs a multiple of 4"
            )

    def check_recipe(self, recipe: Recipe) -> None:
        """Raise a ValueError if anchors would not be the same points in two views."""
        check_two_views(recipe, self.anchors)


class P4TransformerConfig(EncoderConfig):
    """P4Transformer (Fan et al., CVPR 2021); a key that is none has the form's published value."""

    builds = "pcv.encoders.p4transformer:P4Transformer"
    offers = frozenset[Offer]({"clips"})
    meaning = ("form", "width", "colour", "depth", "heads", "head_channels", "mlp",
               "temporal_kernel", "rectify")  # fmt: skip

    name: Literal["p4transformer"]
    # action: one convolution, to classify clips; scene: four, and a decoder to label points.
    form: Literal["action", "scene"] = "action"
    width: Factor = 1.0  # factor on the number of channels of every layer but the heads
    # Of the balls of the first layer, in the unit of the points; published for form scene: 0.9.
    radius: Positive = 0.7
    neighbours: Annotated[int, Field(gt=0, le=85)] = 32  # points per ball, at most
    # Form scene: whether the red, green and blue of every point are read; needs data.colour.
    colour: bool = False
    spatial_stride: Count = 32  # form action: points per anchor
    temporal_kernel: Frames = 3  # form action: frames per tube, odd
    # Form action: frames from one anchor frame to the next. Clips of few frames need 1, with
    # temporal_padding [0, 0].
    temporal_stride: Frames = 2
    # Form action: how often the first frame is repeated before it, and the last one after it.
    temporal_padding: tuple[Padding, Padding] = (1, 0)
    rectify: bool = False  # form action: whether a ReLU precedes the transformer
    depth: Blocks | None = None  # transformer blocks; none: 5 (action) or 2 (scene)
    heads: Heads | None = None  # attention heads per block; none: 8 (action) or 4 (scene)
    head_channels: Channels | None = None  # channels per head; none: 128 (action) or 256 (scene)
    # Hidden channels of the perceptron of a block; none: 2048 (action) or 1024 (scene).
    mlp: Channels | None = None
    dropout: float = Field(0.0, ge=0, lt=1)  # probability, in the transformer
    anchors: Literal["prefix", "fps"] = "prefix"  # as in PSTNetConfig

    @model_validator(mode="after")
    def _possible(self) -> P4TransformerConfig:
        if self.temporal_kernel % 2 == 0:
            raise ValueError("temporal_kernel must be odd")
        if self.temporal_kernel * self.neighbours > 256:
            raise ValueError("temporal_kernel times neighbours must be at most 256")
        if self.colour and self.form != "scene":
            raise ValueError("colour needs form: scene")
        return self

    @property
    def fewest_points(self) -> int:
        """The smallest number of points per frame that leaves an anchor after every layer."""
        return self.spatial_stride if self.form == "action" else 128

    @property
    def channels_read(self) -> tuple[str, ...]:
        """The channels that are read of a point besides its position."""
        return ("colour",) if self.colour else ()

    @property
    def repeated_blocks(self) -> int:
        """The number of blocks that the keys ask for."""
        return self.depth or 0

    @property
    def title(self) -> str:
        """The encoder in words, as a model card names it."""
        return f"P4Transformer of width {self.width:g}"

    def check_decoder(self) -> None:
        """Raise a ValueError if the form has no decoder."""
        if self.form == "action":
            raise ValueError("encoder.form must be scene when objective.name is segment")

    def check_frames(self, frames: int) -> None:
        """Raise a ValueError if tubes of the form action do not fit into so many frames."""
        padded = frames + sum(self.temporal_padding)
        left = padded - self.temporal_kernel
        if self.form == "action" and (left < 0 or left % self.temporal_stride):
            raise ValueError(
                f"{frames} frames are encoded together, which do not fit encoder.temporal_kernel "
                f"{self.temporal_kernel}, encoder.temporal_stride {self.temporal_stride} and "
                f"encoder.temporal_padding {list(self.temporal_padding)}: their sum with the "
                "padding, less the kernel, must be a multiple of the stride"
            )

    def check_recipe(self, recipe: Recipe) -> None:
        """Raise a ValueError if colours are read that clips do not carry, or of other points."""
        check_two_views(recipe, self.anchors)
        if not self.colour:
            return
        if not recipe.data.colour:
            raise ValueError("data.colour must be true when encoder.colour is")
        if recipe.augment.two_views and recipe.augment.drop:
            raise ValueError(
                "augment.drop must be 0 when encoder.colour and augment.two_views are true: "
                "the second augmentation would carry the colours of other points"
            )


class SparseUNetConfig(EncoderConfig):
    """A sparse voxel U-Net; the defaults are SparseUNet34 (SpUNet of Pointcept), 39.1 M weights."""

    builds = "pcv.encoders.sparse_unet:SparseUNet"
    offers = frozenset[Offer]({"scenes", "voxels"})
    meaning = ("inputs", "channels", "stem", "blocks")

    name: Literal["sparseunet"]
    # The channels that are read of every point; empty: the constant 1.
    inputs: tuple[Literal["colour", "normal"], ...] = ("colour", "normal")
    voxel: Positive = 0.02  # side of a voxel, in the unit of the points
    stem: Channels = 32  # channels before the first stage
    # Channels of every stage: first those on the way down, then those on the way up.
    channels: tuple[Channels, ...] = (32, 64, 128, 256, 256, 128, 96, 96)
    # Residual blocks of every stage, in the same order.
    blocks: tuple[Blocks, ...] = (2, 3, 4, 6, 2, 2, 2, 2)
    # The share of each batch in the running statistics of batch normalisation. Short runs need
    # more, such as 0.1.
    norm_momentum: Fraction = 0.01
    # What computes sparse convolutions; spconv-triton needs CUDA.
    backend: Literal["torch", "spconv-triton"] = "torch"

    @model_validator(mode="after")
    def _possible(self) -> SparseUNetConfig:
        if len(self.channels) > 32:
            raise ValueError("channels and blocks must name at most 32 stages")
        if len(self.channels) % 2 or len(self.channels) != len(self.blocks) or not self.channels:
            raise ValueError("channels and blocks must both name as many stages down as up")
        if len(set(self.inputs)) != len(self.inputs):
            raise ValueError("inputs must name each channel once")
        return self

    @property
    def channels_read(self) -> tuple[str, ...]:
        """The channels that are read of a point besides its position."""
        return self.inputs

    @property
    def repeated_blocks(self) -> int:
        """The number of blocks that the keys ask for."""
        return sum(self.blocks)

    @property
    def title(self) -> str:
        """The encoder in words, as a model card names it."""
        return "SparseUNet"


class SerialConfig(EncoderConfig):
    """The encoder of PointCSP: state spaces that read points in a row; its sizes are ours."""

    builds = "pcv.encoders.serial:Serial"
    offers = frozenset[Offer]({"scenes", "rows", "clips"})
    meaning = ("inputs", "normalise", "channels", "depth", "heads", "key_channels",
               "value_channels", "mlp", "bidirectional")  # fmt: skip

    name: Literal["serial"]
    # The channels that are read of every point.
    inputs: tuple[Literal["xyz", "colour", "normal"], ...] = ("xyz", "colour")
    # Positions are taken from the middle of their region. radius: they are also divided by the
    # radius of the region; centre: they keep the unit of the points.
    normalise: Literal["radius", "centre"] = "radius"
    channels: Channels = 384  # channels per token
    stem_blocks: Blocks = 2  # perceptrons over neighbours before the state-space blocks
    # Nearest points that the stem reads around each point, which is one of them.
    neighbours: Annotated[int, Field(gt=0, le=256)] = 16
    # The normalisation of the stem. layer: every token by itself; batch: over the batch, so that
    # in training the samples of a batch influence each other.
    norm: Literal["layer", "batch"] = "layer"
    depth: Blocks = 8  # state-space blocks
    heads: Heads = 6  # heads per state-space block
    key_channels: Channels = 64  # channels per head of keys and queries
    value_channels: Channels = 64  # channels per head of values
    mlp: Channels = 1536  # hidden channels of the perceptron of a block
    # The order of the points in a sequence. shuffle: by chance; hilbert and z: along that curve;
    # none: as clips hold them.
    order: Literal["shuffle", "hilbert", "z", "none"] = "shuffle"
    # What the order mixes where a whole batch is one sequence. batch: all points; sample: those of
    # each sample, which stay together.
    order_scope: Literal["batch", "sample"] = "batch"
    bidirectional: bool = False  # whether every block has a second layer that reads from the end
    # Tokens that a causal convolution joins before each scan, with order hilbert or z. 0: none.
    convolution: int = Field(0, ge=0, le=8)
    # What computes the gated delta rule. auto: fla for CUDA tensors where it is installed, else
    # torch.
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
        """The channels that are read of a point besides its position."""
        return tuple(name for name in self.inputs if name != "xyz")

    @property
    def repeated_blocks(self) -> int:
        """The number of blocks that the keys ask for."""
        return self.depth + self.stem_blocks

    def check_clips(self, objective: str) -> None:
        """Raise a ValueError if more than positions is read: clips carry nothing else."""
        if self.inputs != ("xyz",):
            raise ValueError(f"encoder.inputs must be [xyz] when objective.name is {objective}")
