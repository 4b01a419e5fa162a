"""P4Transformer (Fan et al., CVPR 2021): point 4D convolutions, then attention among all tubes."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from pcv.clip import Superpoints
from pcv.config.encoder import P4TransformerConfig
from pcv.encoders.clips import ConvolutionalEncoder
from pcv.nn.p4d_conv import NormalisedP4DConv, P4DConv, P4DConvConfig, PlainP4DConv
from pcv.nn.propagation import PropagationDecoder
from pcv.nn.transformer import Block

TOKEN = 1024  # channels per superpoint
RGB = 3
# Per layer: channels; factor on the radius; temporal kernel, padding; spatial stride.
SCENE = (
    ((32, 64, 128), 1, 1, (0, 0), 4),
    ((128, 128, 256), 2, 1, (0, 0), 4),
    ((256, 256, 512), 4, 3, (1, 1), 4),
    ((512, 512, TOKEN), 8, 1, (0, 0), 2),
)
DECODER = ((256, 256), (256, 256), (128, 128), (128, 128))  # channels per layer, coarsest first


class P4Transformer(ConvolutionalEncoder):
    """One convolution for actions, four for scenes, and a transformer over the whole clip.

    The form ``action`` turns (B, T, N, 3) into T / 2 frames of N / 32 superpoints, and adds an
    embedding of their positions and times. The form ``scene`` makes T frames of N / 128
    superpoints; as in the published code, its features are normalised and rectified, and no
    positions are embedded. With ``anchors: prefix`` the points of every frame must be in
    farthest-point order, as a clip store keeps them.
    """

    def __init__(self, config: P4TransformerConfig) -> None:
        super().__init__()
        self.config: P4TransformerConfig = config
        self.width = self._scaled(TOKEN)
        self.colour = config.colour
        self.widths = [self._scaled(channels[-1]) for channels, *_ in SCENE]
        self.rectify = config.form == "scene" or config.rectify
        layers = [self._action()] if config.form == "action" else self._scene()
        self.prefix_anchors = config.anchors == "prefix"
        self.layers = nn.ModuleList(layers)
        self.position = nn.Linear(4, self.width) if config.form == "action" else None
        depth = config.depth if config.depth is not None else _default(config.form, 5, 2)
        heads = config.heads or _default(config.form, 8, 4)
        channels = config.head_channels or _default(config.form, 128, 256)
        hidden = config.mlp or _default(config.form, 2048, 1024)
        self.blocks = nn.ModuleList(
            Block(self.width, heads, channels, hidden, activate=True, dropout=config.dropout)
            for _ in range(depth)
        )

    def _scaled(self, channels: int) -> int:
        return max(1, round(channels * self.config.width))

    def _action(self) -> PlainP4DConv:
        config = self.config
        return PlainP4DConv(
            P4DConvConfig(
                channels_in=0,
                channels=(self.width,),
                radius=config.radius,
                neighbours=config.neighbours,
                temporal_kernel=config.temporal_kernel,
                temporal_stride=config.temporal_stride,
                temporal_padding=config.temporal_padding,
                spatial_stride=config.spatial_stride,
                over_time="max",
                anchors=config.anchors,
            )
        )

    def _scene(self) -> list[NormalisedP4DConv]:
        config, before, layers = self.config, RGB * self.colour, []
        for channels, factor, kernel, padding, stride in SCENE:
            layers.append(
                NormalisedP4DConv(
                    P4DConvConfig(
                        channels_in=before,
                        channels=tuple(map(self._scaled, channels)),
                        radius=config.radius * factor,
                        neighbours=config.neighbours,
                        temporal_kernel=kernel,
                        temporal_padding=padding,
                        spatial_stride=stride,
                        over_time="sum",
                        anchors=config.anchors,
                    )
                )
            )
            before = self._scaled(channels[-1])
        return layers

    def convolutions(self) -> list[P4DConv]:
        """Return the layers in their order."""
        return [layer for layer in self.layers if isinstance(layer, P4DConv)]

    def levels(self, points: Tensor) -> list[Superpoints]:
        """Encode clips.

        Args:
            points: (B, T, N, 3) float32, in the unit of the radius; with colour (B, T, N, 6).

        Raises:
            ValueError: T does not fit the temporal stride, or there are too few points.
        """
        found, position, feature = [], points, None
        if self.colour:
            position, feature = points[..., :3].contiguous(), points[..., 3:]
        for layer in self.layers:
            position, feature = layer(position, feature)
            found.append(Superpoints(feature, position))
        last = found[-1]
        tokens = last.feature
        if self.position is not None:
            tokens = tokens + self.position(torch.cat([last.position, _times(last.position)], -1))
        if self.rectify:
            tokens = torch.relu(tokens)
        flat = tokens.flatten(1, 2)
        for block in self.blocks:
            flat = block(flat)
        return [*found[:-1], Superpoints(flat.reshape(tokens.shape), last.position)]

    def decoder(self) -> PropagationDecoder:
        """Build the published decoder of the scene form.

        Raises:
            ValueError: The encoder has the form ``action``, which has no decoder.
        """
        if self.config.form != "scene":
            raise ValueError("the action form has no decoder; use encoder.form: scene")
        outs = [tuple(map(self._scaled, row)) for row in DECODER]
        return PropagationDecoder(self.widths, outs, RGB * self.colour)


def _default(form: str, action: int, scene: int) -> int:
    return action if form == "action" else scene


def _times(position: Tensor) -> Tensor:  # (B, L, M, 1)
    """Return the number of each superpoint's frame, from 1."""
    time = torch.arange(1, position.shape[1] + 1, device=position.device, dtype=position.dtype)
    return time.reshape(1, -1, 1, 1).expand(*position.shape[:3], 1)
