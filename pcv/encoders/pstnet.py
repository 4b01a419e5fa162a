"""PSTNet (Fan et al., ICLR 2021) in the form that self-supervised work uses."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from pcv.clip import Superpoints
from pcv.config.encoder import PSTNetConfig
from pcv.encoders.clips import ConvolutionalEncoder
from pcv.nn.pst_conv import PSTConv, PSTConvConfig
from pcv.nn.pst_transpose import PSTConvTransposeConfig, TransposeDecoder
from pcv.nn.tubes import TimeGrid

# Per layer: channels in, middle, out; factor on the radius; temporal kernel, stride, padding;
# spatial stride. The middle of the fourth layer is 384: the published 284 is a typing error, which
# later code has corrected.
LAYERS = (
    (0, 45, 64, 1, 1, 1, (0, 0), 2),
    (64, 96, 128, 2, 3, 2, (1, 0), 2),
    (128, 192, 256, 2, 3, 1, (1, 1), 1),
    (256, 384, 512, 4, 3, 2, (1, 0), 2),
    (512, 768, 1024, 4, 3, 1, (1, 1), 1),
    (1024, 1536, 2048, 4, 1, 1, (0, 0), 2),
)
ENDS = (0, 2, 4, 5)  # the last layer of every resolution in space and time
# Per layer of the decoder, coarsest first: channels of the tubes' frames, channels out, and the
# layer that it undoes. Only the operator of the published network is known; the sizes are ours.
DECODER = ((512, 512, 5), (256, 256, 3), (128, 128, 1), (128, 128, 0))


class PSTNet(ConvolutionalEncoder):
    """Six PST convolutions: (B, T, N, 3) -> T / 4 frames of N / 16 superpoints of 2048 channels.

    A ReLU follows every layer but the last. With ``anchors: prefix`` the points of every frame
    must be in farthest-point order, as a clip store keeps them.
    """

    def __init__(self, config: PSTNetConfig) -> None:
        super().__init__()

        def scaled(channels: int) -> int:
            return max(1, round(channels * config.width)) if channels else 0

        self.config: PSTNetConfig = config
        layers = [
            PSTConv(
                PSTConvConfig(
                    channels_in=scaled(first),
                    middle=scaled(middle),
                    channels_out=scaled(last),
                    radius=config.radius * factor,
                    neighbours=config.neighbours,
                    temporal_kernel=kernel,
                    temporal_stride=stride,
                    temporal_padding=padding,
                    spatial_stride=spatial,
                    combine=config.combine,
                    pool=config.pool,
                    padding=config.padding,
                    anchors=config.anchors,
                )
            )
            for first, middle, last, factor, kernel, stride, padding, spatial in LAYERS
        ]
        self.prefix_anchors = config.anchors == "prefix"
        self.layers = nn.ModuleList(layers)
        self.width = scaled(LAYERS[-1][2])

    def convolutions(self) -> list[PSTConv]:
        """Return the layers in their order."""
        return [layer for layer in self.layers if isinstance(layer, PSTConv)]

    def levels(self, points: Tensor) -> list[Superpoints]:
        """Encode clips.

        Args:
            points: (B, T, N, 3) float32, in the unit of the radius.

        Returns:
            The features of the last layer of every resolution; those of the last are not
            rectified.

        Raises:
            ValueError: T does not fit the temporal strides, or N is less than 16.
        """
        found, position, feature = [], points, None
        for number, layer in enumerate(self.layers):
            position, feature = layer(position, feature)
            if number + 1 < len(LAYERS):
                feature = torch.relu(feature)
            if number in ENDS:
                found.append(Superpoints(feature, position))
        return found

    def decoder(self) -> TransposeDecoder:
        """Build transposed PST convolutions that undo the layers, up to a feature per point."""
        layers, configs = self.convolutions(), []
        before = self.width
        for middle, out, undone in DECODER:
            config = layers[undone].config
            grid = TimeGrid(
                config.temporal_kernel, config.temporal_stride, *config.temporal_padding
            )
            skipped = config.channels_in
            out = max(1, round(out * self.config.width))
            middle = max(1, round(middle * self.config.width))
            configs.append(PSTConvTransposeConfig(before, skipped, middle, out, grid))
            before = out
        return TransposeDecoder(configs)
