"""Point 4D convolution (Fan et al., P4Transformer, CVPR 2021), without the published waste."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pcv.nn.running_statistics import averaging_rate
from pcv.nn.tubes import TimeGrid, choose_anchors, feature_matrix, find_neighbours, mix_feature
from pcv.ops import linear_max, tube_max, tube_rectify


class P4DConvConfig(NamedTuple):
    """Sizes of a layer that adds feature and displacement, and takes maxima over neighbours."""

    channels_in: int  # 0: the layer reads positions only
    channels: tuple[int, ...]  # of the sum and, in the normalised form, of the maps after it
    radius: float
    neighbours: int = 32
    temporal_kernel: int = 1  # odd
    temporal_stride: int = 1
    temporal_padding: tuple[int, int] = (0, 0)  # the first and the last frame are repeated
    spatial_stride: int = 4
    over_time: Literal["max", "sum"] = "sum"
    anchors: Literal["prefix", "fps"] = "prefix"


class _Tubes(NamedTuple):
    position: Tensor  # (B, L, N, 3)
    anchors: Tensor  # (B, A, M, 3)
    frames: Tensor  # (A, R) int64
    near: Tensor  # (B, A, R, M, K) int64


class P4DConv(nn.Module):
    """What both forms share: tubes, and the matrices of displacement and feature.

    The displacement is 4-D: x, y, z, and the number of frames from the anchor's frame. Channels are
    the last axis.
    """

    def __init__(self, config: P4DConvConfig) -> None:
        super().__init__()
        if config.temporal_kernel % 2 == 0:
            raise ValueError(f"temporal_kernel must be odd, found {config.temporal_kernel}")
        self.config = config
        first = config.channels[0]
        self.displacement = nn.Parameter(torch.empty(first, 4).uniform_(-0.5, 0.5))
        bound = 1 / math.sqrt(config.channels_in or 1)
        self.feature = feature_matrix(first, config.channels_in, bound)

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
        centres, reach = self._grid().steps(position.shape[1])
        count = position.shape[2] // config.spatial_stride
        position = position.detach()
        anchors = choose_anchors(position, torch.tensor(centres), count, config.anchors)
        index = find_neighbours(position, anchors, reach, config.radius, config.neighbours)
        feature = mix_feature(feature, self.feature, position.dtype)
        tubes = _Tubes(position, anchors, torch.tensor(reach, device=position.device), index)
        with torch.autocast(position.device.type, enabled=False):
            return anchors, self._pool(tubes, feature)

    def frames(self, length: int) -> tuple[Tensor, Tensor]:
        """Return the anchor frames (A,) and the frames (A, R) that their tubes reach."""
        return self._grid().frames(length)

    def _grid(self) -> TimeGrid:
        config = self.config
        return TimeGrid(
            config.temporal_kernel, config.temporal_stride, *config.temporal_padding, "replicate"
        )

    def _pool(self, tubes: _Tubes, feature: Tensor | None) -> Tensor:  # (B, A, M, C')
        raise NotImplementedError


class PlainP4DConv(P4DConv):
    """The form for actions: maxima of sums, neither normalised nor rectified.

    ``max_j (f_j + W (p_j - p_i))`` needs no grouped tensor: maxima are updated term by term.
    """

    def __init__(self, config: P4DConvConfig) -> None:
        super().__init__(config)
        if len(config.channels) != 1:
            raise ValueError(f"channels must hold one number, found {config.channels}")

    def _pool(self, tubes: _Tubes, feature: Tensor | None) -> Tensor:
        return tube_max(
            tubes.position, feature, tubes.anchors, self.displacement, tubes.frames, tubes.near,
            self.config.over_time,
        )  # fmt: skip


class NormalisedP4DConv(P4DConv):
    """The form for scenes: every linear map is batch-normalised over all groups, and rectified.

    Statistics are those of the published formulation, over every neighbour of every anchor in every
    frame, but are found without building the tensors that they describe: those of displacements
    from their 4 x 4 covariance, those of features by counting how often a point is a neighbour, and
    those of the last map from the covariance of its inputs. The last map is pooled before it is
    normalised, since normalising is monotone.
    """

    def __init__(self, config: P4DConvConfig) -> None:
        super().__init__(config)
        if len(config.channels) < 2:
            raise ValueError(f"channels must hold two numbers or more, found {config.channels}")
        self.norm_displacement = nn.BatchNorm1d(config.channels[0])
        self.norm_feature = nn.BatchNorm1d(config.channels[0]) if config.channels_in else None
        pairs = list(zip(config.channels[:-1], config.channels[1:], strict=True))
        self.mixers = nn.ModuleList(nn.Linear(one, two, bias=False) for one, two in pairs)
        self.norms = nn.ModuleList(nn.BatchNorm1d(two) for _, two in pairs)

    def _pool(self, tubes: _Tubes, feature: Tensor | None) -> Tensor:
        weight = self._displacement_map(tubes)
        if feature is not None and self.norm_feature is not None:
            feature = self._normalise_points(feature, tubes, self.norm_feature)
        value = tube_rectify(
            tubes.position, feature, tubes.anchors, weight, tubes.frames, tubes.near
        )
        batch, steps, taps, rows, slots, _ = value.shape
        value = value.flatten(0, 4)
        for mixer, norm in zip(self.mixers[:-1], self.norms[:-1], strict=True):
            value = F.relu(norm(mixer(value)), inplace=True)
        groups = value.reshape(batch * steps * taps * rows, slots, -1)
        pooled = self._mix_last(groups).reshape(batch, steps, taps, rows, -1)
        return pooled.sum(2) if self.config.over_time == "sum" else pooled.amax(2)

    def _displacement_map(self, tubes: _Tubes) -> Tensor:  # (C, 5)
        """Fold normalisation into the displacement matrix; the last column is the bias."""
        norm, weight = self.norm_displacement, self.displacement
        mean, variance, count = weight[:, 0], weight[:, 0], tubes.near.numel()
        if norm.training:
            centre, covariance = _displacement_moments(tubes)
            mean, variance = weight @ centre, ((weight @ covariance) * weight).sum(1)
        mean, scale = _normalisation(norm, mean, variance, count)
        shift = norm.bias - mean * scale
        return torch.cat([weight * scale[:, None], shift[:, None]], 1)

    def _normalise_points(self, feature: Tensor, tubes: _Tubes, norm: nn.BatchNorm1d) -> Tensor:
        """Normalise each point's feature with the statistics of the groups, and rectify."""
        flat, count = feature.flatten(0, 2), tubes.near.numel()
        mean = variance = flat[:1].mean(0)
        if norm.training:
            share = _times_reached(tubes, flat) / count
            mean = share @ flat
            variance = share @ (flat - mean).square()
        mean, scale = _normalisation(norm, mean, variance, count)
        return torch.relu(torch.addcmul(norm.bias, flat - mean, scale)).reshape(feature.shape)

    def _mix_last(self, groups: Tensor) -> Tensor:  # (G, K, C) -> (G, C')
        mixer, norm = self.mixers[-1], self.norms[-1]
        assert isinstance(mixer, nn.Linear)
        assert isinstance(norm, nn.BatchNorm1d)
        # Where normalising falls, the smallest value wins.
        sign = torch.where(norm.weight.detach() < 0, -1.0, 1.0)
        best, centre, covariance = linear_max(groups, mixer.weight * sign[:, None], norm.training)
        mean = mixer.weight @ centre
        variance = ((mixer.weight @ covariance) * mixer.weight).sum(1)
        mean, scale = _normalisation(norm, mean, variance, groups.shape[0] * groups.shape[1])
        return torch.relu(torch.addcmul(norm.bias, best * sign - mean, scale))


def _normalisation(
    norm: nn.BatchNorm1d, mean: Tensor, variance: Tensor, count: int
) -> tuple[Tensor, Tensor]:
    """Return what to subtract and what to multiply by; update running statistics as torch does."""
    assert norm.running_mean is not None
    assert norm.running_var is not None
    assert norm.num_batches_tracked is not None
    if norm.training:
        with torch.no_grad():
            rate = averaging_rate(norm)
            norm.running_mean.lerp_(mean, rate)
            norm.running_var.lerp_(variance * (count / max(count - 1, 1)), rate)
            norm.num_batches_tracked += 1
    else:
        mean, variance = norm.running_mean, norm.running_var
    return mean, norm.weight * torch.rsqrt(variance + norm.eps)


@torch.no_grad()
def _displacement_moments(tubes: _Tubes) -> tuple[Tensor, Tensor]:  # (4,), (4, 4)
    """Compute mean and covariance of all displacements, tap by tap."""
    taps, count = tubes.frames.shape[1], tubes.near.numel()
    parts = []
    for tap in range(taps):
        near = _take(tubes.position, tubes.frames[:, tap], tubes.near[:, :, tap])
        offset = (near - tubes.anchors[:, :, :, None]).reshape(-1, 3).double()
        time = offset.new_full((len(offset), 1), tap - taps // 2)
        parts.append(torch.cat([offset, time], 1))
    mean = torch.stack([part.sum(0) for part in parts]).sum(0) / count
    covariance = sum((part - mean).T @ (part - mean) for part in parts)
    assert isinstance(covariance, Tensor)
    dtype = tubes.position.dtype
    return mean.to(dtype), (covariance / count).to(dtype)


def _take(
    values: Tensor,  # (B, L, N, C)
    frames: Tensor,  # (A,) int64
    index: Tensor,  # (B, A, M, K) int64
) -> Tensor:  # (B, A, M, K, C)
    clip = torch.arange(len(index), device=index.device).reshape(-1, 1, 1, 1)
    return values[clip, frames.reshape(1, -1, 1, 1), index]


def _times_reached(tubes: _Tubes, like: Tensor) -> Tensor:  # (B L N,)
    """Count how often each point is a neighbour."""
    batch, length, count = tubes.position.shape[:3]
    clip = torch.arange(batch, device=tubes.near.device).reshape(-1, 1, 1, 1, 1)
    row = (clip * length + tubes.frames[None, :, :, None, None]) * count + tubes.near
    return torch.bincount(row.flatten(), minlength=batch * length * count).to(like.dtype)
