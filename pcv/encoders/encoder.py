"""What every encoder offers objectives."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from pcv.clip import ClipBatch, Superpoints
from pcv.config.encoder import AnyEncoderConfig
from pcv.nn.p4d_conv import P4DConv
from pcv.nn.propagation import PropagationDecoder, SameDecoder
from pcv.nn.pst_conv import PSTConv
from pcv.nn.pst_transpose import TransposeDecoder


class Encoder(nn.Module):
    """Clips to superpoints.

    Attributes:
        width: Channels of a superpoint.
        config: What it was built from.
        colour: Whether it reads the colours of the points beside their places.
        traceable: Whether ``torch.export`` can hold it.
    """

    width: int
    colour: bool = False
    traceable: bool = True
    config: AnyEncoderConfig

    def superpoints(self, frames: int, points: int) -> tuple[int, int]:
        """Return how many frames and anchors ``forward`` makes of clips of that size."""
        for layer in self._convolutions():
            points //= layer.config.spatial_stride
        return len(self.anchor_frames(frames)), points

    def anchor_frames(self, frames: int) -> Tensor:
        """Return the frames of a clip in which the superpoints lie: (L,) int64."""
        chosen = torch.arange(frames)
        for layer in self._convolutions():
            chosen = chosen[layer.frames(len(chosen))[0]]
        return chosen

    def _convolutions(self) -> Sequence[PSTConv | P4DConv]:
        """The layers, first to last."""
        raise NotImplementedError

    def inputs(self, batch: ClipBatch) -> Tensor:  # (B, T, N, 3), with colour (B, T, N, 6)
        """Return what ``forward`` and ``levels`` take of a batch; colours are from 0 to 1.

        Raises:
            ValueError: It reads colour, and the points have none.
        """
        if not self.colour:
            return batch.points
        if batch.point_colour is None:
            raise ValueError("an encoder that reads colour needs clips that carry it")
        return torch.cat([batch.points, batch.point_colour.to(batch.points.dtype) / 255], -1)

    def forward(self, points: Tensor) -> Superpoints:
        """Encode clips as ``inputs`` gives them, in the unit of the radius."""
        return self.levels(points)[-1]

    def levels(self, points: Tensor) -> list[Superpoints]:
        """Return the features that a decoder reads, finest first; the last are the superpoints."""
        raise NotImplementedError

    def decoder(self) -> PropagationDecoder | TransposeDecoder | SameDecoder:
        """Build the decoder that fits: (points, levels) -> (B, T, N, ``decoder.width``).

        Raises:
            ValueError: The encoder is of a form that has none.
        """
        raise NotImplementedError
