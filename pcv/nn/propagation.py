"""Carrying features from few points to many: the decoder of P4Transformer (PointNet++)."""

from __future__ import annotations

import itertools

from torch import Tensor, nn

from pcv.clip import Superpoints
from pcv.nn.heads import RowNorm
from pcv.ops import interpolate, nearest


class Carry(nn.Module):
    """Interpolate coarse features at fine points, append the fine features, and mix both linearly.

    ``W [interpolated; skipped]`` is computed as the interpolation of ``W1 coarse`` plus
    ``W2 skipped``. This is equal, since both maps are linear, and cheaper, since coarse points are
    few.
    """

    def __init__(self, coarse: int, skipped: int, channels: int, *, bias: bool = False) -> None:
        super().__init__()
        self.coarse = nn.Linear(coarse, channels, bias=False)
        self.skipped = nn.Linear(skipped, channels, bias=bias) if skipped else None

    def forward(
        self,
        fine: Tensor,  # (F, N, 3)
        position: Tensor,  # (F, M, 3)
        feature: Tensor,  # (F, M, C)
        skipped: Tensor | None,  # (F, N, C')
    ) -> Tensor:  # (F, N, channels)
        """Carry features within frames, from the three nearest points by inverse distance."""
        count = min(3, position.shape[1])
        index, distance = nearest(position.float().contiguous(), fine.float().contiguous(), count)
        carried = interpolate(self.coarse(feature), index, distance)
        if self.skipped is not None and skipped is not None:
            carried = carried + self.skipped(skipped)
        return carried


class Propagation(nn.Module):
    """Carry features one level down, then apply linear maps; each is normalised and rectified."""

    def __init__(self, coarse: int, skipped: int, channels: tuple[int, ...]) -> None:
        super().__init__()
        self.carry = Carry(coarse, skipped, channels[0])
        layers: list[nn.Module] = [RowNorm(channels[0]), nn.ReLU()]
        for before, after in itertools.pairwise(channels):
            layers += [nn.Linear(before, after, bias=False), RowNorm(after), nn.ReLU()]
        self.mix = nn.Sequential(*layers)

    def forward(
        self,
        fine: Tensor,  # (B, T, N, 3)
        skipped: Tensor | None,  # (B, T, N, C')
        coarse: Superpoints,  # (B, T, M, C), (B, T, M, 3)
    ) -> Tensor:  # (B, T, N, channels[-1])
        """Carry and mix; each frame reads the same frame of the coarse level."""
        carried = self.carry(
            fine.flatten(0, 1),
            coarse.position.flatten(0, 1),
            coarse.feature.flatten(0, 1),
            None if skipped is None else skipped.flatten(0, 1),
        )
        return self.mix(carried).unflatten(0, fine.shape[:2])


class PropagationDecoder(nn.Module):
    """The decoder of P4Transformer: it carries features level by level to the points of the clip.

    Args:
        widths: Channels of the encoder's levels, finest first.
        channels: Channels of the linear maps of each step, coarsest step first.
        given: Number of features that the points themselves have, such as 3 for colour.

    Attributes:
        width: Channels of a point.
    """

    def __init__(self, widths: list[int], channels: list[tuple[int, ...]], given: int = 0) -> None:
        super().__init__()
        skips = [*widths[-2::-1], given]
        steps, before = [], widths[-1]
        for skipped, row in zip(skips, channels, strict=True):
            steps.append(Propagation(before, skipped, row))
            before = row[-1]
        self.steps = nn.ModuleList(steps)
        self.width = before

    def forward(
        self,
        points: Tensor,  # (B, T, N, 3 + given)
        levels: list[Superpoints],  # finest first, each of T frames
    ) -> Tensor:  # (B, T, N, width)
        """Return a feature of every point of every frame."""
        found = levels[-1]
        finest = Superpoints(points[..., 3:], points[..., :3].contiguous())
        for step, level in zip(self.steps, [*levels[-2::-1], finest], strict=True):
            found = Superpoints(step(level.position, level.feature, found), level.position)
        return found.feature


class SameDecoder(nn.Module):
    """The decoder of encoders whose superpoints are the points of the clip: it changes nothing.

    Attributes:
        width: Channels of a point.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width

    def forward(
        self,
        points: Tensor,  # (B, T, N, 3)
        levels: list[Superpoints],
    ) -> Tensor:  # (B, T, N, width)
        """Return the last level."""
        return levels[-1].feature
