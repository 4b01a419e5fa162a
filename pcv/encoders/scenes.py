"""What an encoder of scenes offers objectives."""

from __future__ import annotations

from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

from pcv.clip import ClipBatch, Regions, Superpoints
from pcv.encoders.clips import ClipEncoder
from pcv.encoders.encoder import Encoder
from pcv.encoders.inputs import batch_of
from pcv.nn.propagation import SameDecoder

Mode = Literal["cross", "single"]


class SceneEncoder(Encoder):
    """Scenes to a feature for each of their points."""

    def point_features(self, batch: ClipBatch) -> Tensor:
        """Return the feature of every point: (B, T, N, ``width``).

        Raises:
            ValueError: The points lack a channel that the encoder reads.
        """
        raise NotImplementedError

    def describe(self, batch: ClipBatch) -> Superpoints:
        """Return a superpoint for every point; see ``Encoder``."""
        return Superpoints(self.point_features(batch), batch.points)

    def in_a_row(self) -> RowEncoder | None:
        """Return the encoder as one that reads the scenes of a batch in a row, where it does."""
        return None

    @property
    def has_statistics(self) -> bool:
        """Whether running statistics must see data before a random encoder is of use."""
        return True


class RowEncoder(SceneEncoder):
    """An encoder that can read the scenes of a batch as one sequence.

    In ``cross`` mode state is carried from scene to scene; in ``single`` mode every scene is a
    sequence of its own.

    Attributes:
        blocks: The layers after the stem.
        norm: What the tokens of the last one go through.
    """

    blocks: nn.ModuleList
    norm: nn.Module

    def encode(
        self, regions: Regions, mode: Mode, hidden: Tensor | None = None
    ) -> Tensor:  # (V, B, L, C)
        """Return the tokens of regions.

        Args:
            regions: Positions in any unit, and the features that the encoder reads.
            mode: Whether scenes see each other.
            hidden: (V, B, L) bool: points whose position nothing of the encoder may see.
        """
        tokens: Tensor = self.norm(self.trace(regions, mode, hidden)[-1])
        return tokens

    def trace(self, regions: Regions, mode: Mode, hidden: Tensor | None = None) -> list[Tensor]:
        """Return the tokens (V, B, L, C) after the stem and after every block."""
        raise NotImplementedError

    def frame(self, position: Tensor, hidden: Tensor | None = None) -> Tensor:
        """Return positions from the middle of each region: (V, B, L, 3)."""
        raise NotImplementedError

    def regions(self, batch: ClipBatch) -> Regions:
        """Take a batch of clips as one view of each of its frames.

        Raises:
            ValueError: The points lack a channel that the encoder reads.
        """
        raise NotImplementedError

    def in_a_row(self) -> RowEncoder:
        """Return the encoder itself."""
        return self


class VoxelFeatures(NamedTuple):
    """What an encoder makes of the V occupied voxels of some clouds."""

    feature: Tensor  # (V, C)
    position: Tensor  # (V, 3) mean of the points in it
    cloud: Tensor  # (V,) int64, ascending
    of_point: Tensor  # (P,) int64, the voxel of each point


class VoxelEncoder(SceneEncoder):
    """An encoder that makes a feature of every occupied voxel."""

    def voxels(
        self,
        points: Tensor,  # (P, 3) in the unit of the voxels
        inputs: Tensor,  # (P, F)
        cloud: Tensor,  # (P,) int64, from 0, ascending
    ) -> VoxelFeatures:
        """Encode clouds of any sizes.

        Raises:
            ValueError: A point is not finite, or a cloud spans more voxels than can be numbered.
        """
        raise NotImplementedError


class PointwiseClips(SceneEncoder, ClipEncoder):
    """An encoder of scenes that also serves clips: every point is a superpoint."""

    def superpoints(self, frames: int, points: int) -> tuple[int, int]:
        """Return the size of the clip: every point of every frame is a superpoint."""
        return frames, points

    def anchor_frames(self, frames: int) -> Tensor:
        """Return all frames: (T,) int64."""
        return torch.arange(frames)

    def levels(self, points: Tensor) -> list[Superpoints]:
        """Encode every frame of clips (B, T, N, 3) by itself.

        Raises:
            ValueError: The encoder reads more than positions.
        """
        if self.config.channels_read:
            read = ", ".join(self.config.channels_read)
            raise ValueError(f"positions alone are not enough: the encoder also reads {read}")
        return [self.describe(batch_of(points, ()))]

    def describe(self, batch: ClipBatch) -> Superpoints:
        """Return a superpoint for every point; see ``Encoder``."""
        return Superpoints(self.point_features(batch), batch.points)

    def decoder(self) -> SameDecoder:
        """Build nothing: every point has its feature already."""
        return SameDecoder(self.width)
