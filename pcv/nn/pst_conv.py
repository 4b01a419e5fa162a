"""Point spatio-temporal convolution (Fan et al., ICLR 2021), without the published code's waste."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pcv.nn.running_statistics import averaging_rate
from pcv.nn.tubes import (
    Reach,
    TimeGrid,
    choose_anchors,
    feature_matrix,
    find_neighbours,
    gather_reach,
    mix_feature,
)
from pcv.ops import tube_sum


class PSTConvConfig(NamedTuple):
    """Sizes of one layer."""

    channels_in: int  # 0: the layer reads positions only
    middle: int
    channels_out: int
    radius: float
    neighbours: int = 9
    temporal_kernel: int = 1  # odd
    temporal_stride: int = 1
    temporal_padding: tuple[int, int] = (0, 0)
    spatial_stride: int = 2
    combine: Literal["multiplication", "addition"] = "multiplication"
    pool: Literal["sum", "max", "mean"] = "sum"
    padding: Literal["zeros", "replicate"] = "zeros"
    anchors: Literal["prefix", "fps"] = "prefix"


class PSTConv(nn.Module):
    """One layer: a spatial convolution in every frame of a tube, then a temporal one over frames.

    It equals the published formulation (group, convolve and pool, frame by frame). It is computed
    by one ball query for all frames and taps, by 1x1 convolutions before gathering, since both
    commute, and by a fused sum where displacements multiply features. Channels are the last axis.
    """

    def __init__(self, config: PSTConvConfig) -> None:
        super().__init__()
        if config.temporal_kernel % 2 == 0:
            raise ValueError(f"temporal_kernel must be odd, found {config.temporal_kernel}")
        self.config = config
        bound = 1 / math.sqrt(config.channels_in + 3)
        wide = config.temporal_kernel * config.middle
        self.displacement = nn.Parameter(torch.empty(config.middle, 3).uniform_(-bound, bound))
        self.feature = feature_matrix(config.middle, config.channels_in, bound)
        self.norm = nn.BatchNorm1d(wide)
        self.temporal = nn.Linear(wide, config.channels_out, bias=False)

    def forward(
        self,
        position: Tensor,  # (B, L, N, 3)
        feature: Tensor | None,  # (B, L, N, C)
    ) -> tuple[Tensor, Tensor]:  # (B, A, M, 3), (B, A, M, C')
        """Return the anchors and their features.

        Raises:
            ValueError: The number of frames does not fit kernel, stride and padding, or there are
                fewer points than the spatial stride.
        """
        config = self.config
        length, count = position.shape[1:3]
        centres, reach = self._grid().steps(length)
        count //= config.spatial_stride
        anchors = choose_anchors(position, torch.tensor(centres), count, config.anchors)
        if config.padding == "zeros" and (feature is None or config.combine == "addition"):
            position, feature, reach = _append_zero_frame(position, feature, reach)
        live = [tap for tap in range(len(reach[0])) if any(row[tap] >= 0 for row in reach)]
        reach = [[row[tap] for tap in live] for row in reach]
        frames = torch.tensor(reach)
        index = find_neighbours(position, anchors, reach, config.radius, config.neighbours)
        feature = mix_feature(feature, self.feature, position.dtype)
        pooled = self._pool(position.detach(), feature, anchors, frames, index)
        batch, steps, rows = anchors.shape[:3]
        out = self._mix_taps(pooled.reshape(batch * steps * rows, -1), live)
        return anchors, out.reshape(batch, steps, rows, -1)

    def _mix_taps(self, pooled: Tensor, live: list[int]) -> Tensor:
        """Normalise, rectify and sum over taps; a tap that is padding everywhere adds a constant.

        Its input is 0 for every anchor, so that only the normalisation's offset is left. Its
        running statistics are kept, whereas the published code lets them decay to 0: with a
        variance of 0 the tap's output would explode in clips that are long enough to use it.
        """
        taps, middle = self.config.temporal_kernel, self.config.middle
        if len(live) == taps:
            return self.temporal(torch.relu(self.norm(pooled)))
        norm, weight = self.norm, self.temporal.weight
        channels = torch.arange(taps * middle, device=pooled.device).reshape(taps, middle)
        keep = channels[live].flatten()
        rest = channels[[tap for tap in range(taps) if tap not in live]].flatten()
        assert norm.running_mean is not None
        assert norm.running_var is not None
        assert norm.num_batches_tracked is not None
        mean, variance = norm.running_mean[keep], norm.running_var[keep]
        offset = norm.bias[rest]
        if not norm.training:
            spread = torch.sqrt(norm.running_var[rest] + norm.eps)
            offset = offset - norm.weight[rest] * norm.running_mean[rest] / spread
        mixed = F.batch_norm(
            pooled, mean, variance, norm.weight[keep], norm.bias[keep],
            norm.training, averaging_rate(norm), norm.eps,
        )  # fmt: skip
        if norm.training:
            with torch.no_grad():
                norm.running_mean[keep], norm.running_var[keep] = mean, variance
                norm.num_batches_tracked += 1
        constant = weight[:, rest] @ torch.relu(offset)
        return F.linear(torch.relu(mixed), weight[:, keep], constant)

    def frames(self, length: int) -> tuple[Tensor, Tensor]:
        """Return the anchor frames (A,) and the frames (A, R) that their tubes reach.

        -1 stands for zero padding.
        """
        return self._grid().frames(length)

    def _grid(self) -> TimeGrid:
        config = self.config
        return TimeGrid(
            config.temporal_kernel,
            config.temporal_stride,
            *config.temporal_padding,
            config.padding,
        )

    def _pool(
        self,
        position: Tensor,
        feature: Tensor | None,
        anchors: Tensor,
        frames: Tensor,
        index: Tensor,
    ) -> Tensor:  # (B, A, M, R, C)
        config = self.config
        if config.combine == "multiplication" and config.pool != "max" and feature is not None:
            summed = tube_sum(
                position, feature, anchors, self.displacement, frames.to(index.device), index
            )
            return summed / config.neighbours if config.pool == "mean" else summed
        return self._pool_grouped(position, feature, anchors, frames, index)

    def _pool_grouped(
        self,
        position: Tensor,
        feature: Tensor | None,
        anchors: Tensor,
        frames: Tensor,
        index: Tensor,
    ) -> Tensor:
        """Pool in all other cases, from grouped displacements and features."""
        config = self.config
        grouped = gather_reach(position, frames, index)  # (B, A, R, M, K, 3)
        live = (index[..., :1] >= 0).to(position.dtype)
        offset = (grouped - anchors[:, :, None, :, None]) * live[..., None]
        if config.pool == "max":
            value = F.linear(offset, self.displacement)
            if feature is not None:
                near = gather_reach(feature, frames, index)
                value = value * near if config.combine == "multiplication" else value + near
            pooled = value.amax(4) * live
        else:
            pooled = F.linear(offset.sum(4), self.displacement)
            if feature is not None:
                pooled = pooled + gather_reach(feature, frames, index).sum(4)
            pooled = pooled / config.neighbours if config.pool == "mean" else pooled
        return pooled.transpose(2, 3)


def _append_zero_frame(
    position: Tensor, feature: Tensor | None, reach: Reach
) -> tuple[Tensor, Tensor | None, Reach]:
    """Append a frame of zeros that stands for padding.

    Unlike multiplication, addition is affected by padded frames: as in the published code, their
    points lie at the origin.
    """
    length = position.shape[1]
    position = torch.cat([position, torch.zeros_like(position[:, :1])], 1)
    if feature is not None:
        feature = torch.cat([feature, torch.zeros_like(feature[:, :1])], 1)
    return position, feature, [[length if f < 0 else f for f in row] for row in reach]
