"""What an encoder of scenes offers to objectives."""

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
    """An encoder that gives every point of a scene a feature."""

    def point_features(self, batch: ClipBatch) -> Tensor:  # (B, T, N, C)
        """Return the feature of every point, with C channels, which is ``width``.

        Raises:
            ValueError: The points lack a channel that the encoder reads.
        """
        raise NotImplementedError

    def describe(self, batch: ClipBatch) -> Superpoints:
        """Return a superpoint for every point; see ``Encoder``."""
        return Superpoints(self.point_features(batch), batch.points)

    def in_a_row(self) -> RowEncoder | None:
        """Return the encoder itself if it can read the scenes of a batch in a row, else None."""
        return None

    @property
    def has_statistics(self) -> bool:
        """Whether the encoder has running statistics, which a random one must take from data."""
        return True


class RowEncoder(SceneEncoder):
    """An encoder that can read the scenes of a batch as one sequence.

    In ``cross`` mode the state is carried from scene to scene; in ``single`` mode every scene is a
    sequence of its own.

    Attributes:
        blocks: The layers after the stem.
        norm: The normalisation of the tokens after the last block.
    """

    blocks: nn.ModuleList
    norm: nn.Module

    def encode(
        self, regions: Regions, mode: Mode, hidden: Tensor | None = None
    ) -> Tensor:  # (V, B, L, C)
        """Return the tokens of regions.

        Args:
            regions: Positions in any unit, and the features that the encoder reads.
            mode: Whether the scenes of a batch influence each other.
            hidden: (V, B, L) bool: the points whose position no part of the encoder may use.
        """
        tokens: Tensor = self.norm(self.trace(regions, mode, hidden)[-1])
        return tokens

    def trace(self, regions: Regions, mode: Mode, hidden: Tensor | None = None) -> list[Tensor]:
        """Return the tokens (V, B, L, C) after the stem and after every block."""
        raise NotImplementedError

    def local_positions(self, position: Tensor, hidden: Tensor | None = None) -> Tensor:
        """Return positions (V, B, L, 3) relative to the middle of their region.

        Args:
            position: (V, B, L, 3) in any unit.
            hidden: (V, B, L) bool: the points that do not count for the middle.
        """
        raise NotImplementedError

    def regions(self, batch: ClipBatch) -> Regions:
        """Return a batch as regions: every frame of every clip is one crop of a scene.

        Raises:
            ValueError: The points lack a channel that the encoder reads.
        """
        raise NotImplementedError

    def in_a_row(self) -> RowEncoder:
        """Return the encoder itself."""
        return self


class VoxelFeatures(NamedTuple):
    """The features of the V occupied voxels of some clouds."""

    feature: Tensor  # (V, C)
    position: Tensor  # (V, 3) mean position of the voxel's points
    cloud: Tensor  # (V,) int64, the cloud of each voxel, ascending
    of_point: Tensor  # (P,) int64, the voxel of each point


class VoxelEncoder(SceneEncoder):
    """An encoder that gives every occupied voxel a feature."""

    def voxels(
        self,
        points: Tensor,  # (P, 3) in the unit of a voxel's side
        inputs: Tensor,  # (P, F)
        cloud: Tensor,  # (P,) int64, from 0, ascending
    ) -> VoxelFeatures:
        """Encode clouds of any sizes, given as one list of points.

        Raises:
            ValueError: A point is not finite, or a cloud spans more voxels than can be numbered.
        """
        raise NotImplementedError


class PointwiseClips(SceneEncoder, ClipEncoder):
    """An encoder of scenes that also serves clips: every point is a superpoint."""

    prefix_anchors = True  # every point is its own anchor

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
        """Return a decoder that changes nothing: every point already has its feature."""
        return SameDecoder(self.width)
