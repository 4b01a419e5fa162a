"""SparseUNet: a U-Net of sparse convolutions over the occupied voxels of scenes."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from pcv.clip import ClipBatch
from pcv.config.encoder import SparseUNetConfig
from pcv.encoders.inputs import CHANNELS, point_inputs
from pcv.encoders.scenes import PointwiseClips, VoxelEncoder, VoxelFeatures
from pcv.nn.sparse_unet import ConvNorm, SparseBlock, SparseConv
from pcv.ops.voxels import VoxelPyramid, voxelise

STEM_KERNEL = 5  # voxels per side


class SparseUNet(VoxelEncoder, PointwiseClips):
    """Submanifold convolutions, with strided ones down, inverse ones up, and skips in between.

    The input of a voxel is the mean over its points, and a point has the feature of its voxel.
    Every frame of every clip is a cloud of its own, with its own grid: clouds share nothing but
    the batch normalisation in training.
    """

    traceable = False  # the points decide how many voxels there are

    def __init__(self, config: SparseUNetConfig) -> None:
        super().__init__()
        self.config: SparseUNetConfig = config
        stages = len(config.channels) // 2
        down, up = config.channels[:stages], config.channels[stages:]
        inputs = sum(CHANNELS[name] for name in config.inputs) or 1
        self.stem = self._conv(inputs, config.stem, STEM_KERNEL)
        self.down, self.encode_blocks = nn.ModuleList(), nn.ModuleList()
        self.up, self.decode_blocks = nn.ModuleList(), nn.ModuleList()
        before = config.stem
        for stage, width in enumerate(down):
            self.down.append(self._conv(before, width, 2))
            self.encode_blocks.append(self._blocks(width, width, config.blocks[stage]))
            before = width
        skips = (config.stem, *down[:-1])
        for stage, width in enumerate(up):
            self.up.append(self._conv(before, width, 2))
            count = config.blocks[stages + stage]
            self.decode_blocks.append(self._blocks(width + skips[-1 - stage], width, count))
            before = width
        self.width = before

    def _conv(self, channels_in: int, channels_out: int, kernel: int) -> ConvNorm:
        config = self.config
        conv = SparseConv(channels_in, channels_out, kernel, config.backend)
        return ConvNorm(conv, config.norm_momentum)

    def _blocks(self, channels_in: int, channels_out: int, count: int) -> nn.ModuleList:
        widths = [channels_in, *[channels_out] * count]
        config = self.config
        return nn.ModuleList(
            SparseBlock(before, channels_out, config.norm_momentum, config.backend)
            for before in widths[:count]
        )

    def voxels(
        self,
        points: Tensor,  # (P, 3) in the unit of ``config.voxel``
        inputs: Tensor,  # (P, F)
        cloud: Tensor,  # (P,) int64, from 0, ascending
    ) -> VoxelFeatures:
        """Encode clouds of any sizes, given as one list of points.

        Raises:
            ValueError: A point is not finite, or a cloud spans more voxels than can be numbered.
        """
        grid, of_point = voxelise(points, cloud, self.config.voxel)
        pyramid = VoxelPyramid(grid, len(self.down))
        known = torch.cat([points, inputs], 1).float()
        pooled = known.new_zeros(len(grid.key), known.shape[1]).index_add_(0, of_point, known)
        pooled = pooled / torch.bincount(of_point, minlength=len(grid.key))[:, None]
        feature = self._through(pooled[:, 3:], pyramid)
        return VoxelFeatures(feature, pooled[:, :3], grid.cell[:, 0], of_point)

    def _through(self, feature: Tensor, pyramid: VoxelPyramid) -> Tensor:
        feature = torch.relu(self.stem(feature, pyramid.around(0, STEM_KERNEL)))
        skips = [feature]
        for stage, (down, blocks) in enumerate(zip(self.down, self.encode_blocks, strict=True)):
            feature = torch.relu(down(feature, pyramid.down[stage]))
            feature = _run(blocks, feature, pyramid, stage + 1)
            skips.append(feature)
        skips.pop()
        for stage, (up, blocks) in enumerate(zip(self.up, self.decode_blocks, strict=True)):
            level = len(self.up) - 1 - stage
            feature = torch.relu(up(feature, pyramid.down[level].reverse()))
            feature = torch.cat([feature, skips.pop()], 1)
            feature = _run(blocks, feature, pyramid, level)
        return feature

    def point_features(self, batch: ClipBatch) -> Tensor:  # (B, T, N, C)
        """Return the features of every point.

        Raises:
            ValueError: The points lack a channel that ``config.inputs`` names.
        """
        points, inputs = batch.points, point_inputs(batch, self.config.inputs)
        clips, frames, count, _ = points.shape
        cloud = torch.arange(clips * frames, device=points.device).repeat_interleave(count)
        found = self.voxels(points.reshape(-1, 3), inputs.reshape(len(cloud), -1), cloud)
        return found.feature[found.of_point].reshape(clips, frames, count, -1)


def _run(blocks: nn.Module, feature: Tensor, pyramid: VoxelPyramid, level: int) -> Tensor:
    assert isinstance(blocks, nn.ModuleList)
    for block in blocks:
        feature = block(feature, pyramid.around(level, 3))
    return feature
