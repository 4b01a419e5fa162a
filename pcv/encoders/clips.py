"""What an encoder of clips offers to objectives."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from pcv.clip import ClipBatch, Superpoints
from pcv.encoders.encoder import Encoder
from pcv.nn.p4d_conv import P4DConv
from pcv.nn.propagation import PropagationDecoder, SameDecoder
from pcv.nn.pst_conv import PSTConv
from pcv.nn.pst_transpose import TransposeDecoder

Decoder = PropagationDecoder | TransposeDecoder | SameDecoder


class ClipEncoder(Encoder):
    """Clips to superpoints.

    Attributes:
        prefix_anchors: Whether the M superpoints of a frame lie at its first M points.
    """

    prefix_anchors: bool = False

    def superpoints(self, frames: int, points: int) -> tuple[int, int]:
        """Return the numbers of frames L and of anchors M that ``forward`` returns.

        Args:
            frames: Frames per clip.
            points: Points per frame.
        """
        raise NotImplementedError

    def anchor_frames(self, frames: int) -> Tensor:
        """Return the frames of a clip in which the superpoints lie: (L,) int64."""
        raise NotImplementedError

    def inputs(self, batch: ClipBatch) -> Tensor:
        """Return the points of a batch as ``forward`` and ``levels`` take them.

        Returns:
            (B, T, N, 3), or (B, T, N, 6) with colours, which are from 0 to 1.

        Raises:
            ValueError: The encoder reads colours, but the points have none.
        """
        if "colour" not in self.config.channels_read:
            return batch.points
        if batch.point_colour is None:
            raise ValueError("an encoder that reads colour needs clips that carry it")
        return torch.cat([batch.points, batch.point_colour.to(batch.points.dtype) / 255], -1)

    def describe(self, batch: ClipBatch) -> Superpoints:
        """Return the superpoints of a batch; see ``Encoder``."""
        found: Superpoints = self(self.inputs(batch))
        return found

    def forward(self, points: Tensor) -> Superpoints:
        """Encode clips (B, T, N, 3 or 6), as ``inputs`` returns them, in the unit of the radius."""
        return self.levels(points)[-1]

    def levels(self, points: Tensor) -> list[Superpoints]:
        """Encode clips (B, T, N, 3 or 6), and return what a decoder reads, finest first.

        The last level holds the superpoints.
        """
        raise NotImplementedError

    def decoder(self) -> Decoder:
        """Build the decoder of the encoder: (points, levels) -> (B, T, N, ``decoder.width``).

        Raises:
            ValueError: The form of the encoder has no decoder.
        """
        raise NotImplementedError


class ConvolutionalEncoder(ClipEncoder):
    """An encoder whose layers choose anchors among the points and the frames of a clip."""

    def convolutions(self) -> Sequence[PSTConv | P4DConv]:
        """Return the layers in their order."""
        raise NotImplementedError

    def superpoints(self, frames: int, points: int) -> tuple[int, int]:
        """Return the numbers of frames and anchors that the last layer leaves."""
        for layer in self.convolutions():
            points //= layer.config.spatial_stride
        return len(self.anchor_frames(frames)), points

    def anchor_frames(self, frames: int) -> Tensor:
        """Return the frames that the last layer leaves: (L,) int64."""
        chosen = torch.arange(frames)
        for layer in self.convolutions():
            chosen = chosen[layer.frames(len(chosen))[0]]
        return chosen
