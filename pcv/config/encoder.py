"""Sections of recipes that choose an encoder, and what all sections share."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from pcv.config.section import Config, Count, Fraction, Positive


class PSTNetConfig(Config):
    """PSTNet, in the form the self-supervised work uses."""

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


class P4TransformerConfig(Config):
    """P4Transformer (Fan et al., CVPR 2021); None: what the published network of the form has."""

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


class SparseUNetConfig(Config):
    """A sparse voxel U-Net; the defaults are SparseUNet34 (SpUNet of Pointcept), 39.1 M weights."""

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


class SerialConfig(Config):
    """A state-space encoder of points in a row, for PointCSP; no source states its sizes."""

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


def _encoder_name(value: Any) -> str:  # noqa: ANN401 - a tree or a model
    name = value.get("name", "pstnet") if isinstance(value, dict) else getattr(value, "name", "")
    return str(name)


AnyEncoderConfig = Annotated[
    Annotated[PSTNetConfig, Tag("pstnet")]
    | Annotated[P4TransformerConfig, Tag("p4transformer")]
    | Annotated[SparseUNetConfig, Tag("sparseunet")]
    | Annotated[SerialConfig, Tag("serial")],
    Discriminator(_encoder_name),
]
