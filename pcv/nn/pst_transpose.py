"""PST transposed convolution (Fan et al., ICLR 2021): from features to more frames and points."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from pcv.clip import Superpoints
from pcv.nn.heads import RowNorm
from pcv.nn.propagation import Carry
from pcv.nn.tubes import Reach, TimeGrid


class PSTConvTransposeConfig(NamedTuple):
    """Sizes of one layer."""

    channels_in: int
    skipped: int  # channels of the finer level that are appended; 0: none
    middle: int
    channels_out: int
    grid: TimeGrid = TimeGrid()  # that of the convolution which this layer undoes


class PSTConvTranspose(nn.Module):
    """A temporal transposed convolution, then a spatial one.

    A superpoint is mapped to one feature for each frame of its tube. The features that land in a
    frame belong to one set of points, and each point of the frame interpolates its three nearest.
    """

    def __init__(self, config: PSTConvTransposeConfig) -> None:
        super().__init__()
        self.config = config
        wide = config.grid.kernel * config.middle
        self.temporal = nn.Linear(config.channels_in, wide, bias=False)
        self.norm = RowNorm(wide)
        self.carry = Carry(config.middle, config.skipped, config.channels_out)

    def forward(
        self,
        fine: Tensor,  # (B, T, N, 3)
        skipped: Tensor | None,  # (B, T, N, C')
        coarse: Superpoints,  # (B, A, M, C), (B, A, M, 3)
    ) -> Tensor:  # (B, T, N, C'')
        """Return a feature of every fine point.

        Raises:
            ValueError: The number of coarse frames is not the one that the grid makes of T frames,
                or no tube reaches some frame.
        """
        batch, length = fine.shape[:2]
        steps, rows = coarse.feature.shape[1:3]
        frames = self.config.grid._replace(padding="zeros").steps(length)[1]
        if len(frames) != steps:
            raise ValueError(
                f"{steps} frames cannot be spread over {length} frames, which need {len(frames)}"
            )
        spread = torch.relu(self.norm(self.temporal(coarse.feature)))
        spread = spread.unflatten(3, (len(frames[0]), -1))  # (B, A, M, R, middle)
        out = spread.new_empty(0)
        for landed, tubes in _landings(frames, length):
            anchor, tap = (t.to(fine.device) for t in tubes)  # (F, n) each
            value = spread.permute(1, 3, 0, 2, 4)[anchor, tap]  # (F, n, B, M, middle)
            where = coarse.position.transpose(0, 1)[anchor]  # (F, n, B, M, 3)
            count = anchor.shape[1] * rows
            carried = self.carry(
                fine.transpose(0, 1)[landed].flatten(0, 1),
                where.transpose(1, 2).reshape(-1, count, 3),
                value.transpose(1, 2).reshape(len(landed) * batch, count, -1),
                None if skipped is None else skipped.transpose(0, 1)[landed].flatten(0, 1),
            ).unflatten(0, (len(landed), batch))
            if not len(out):
                out = carried.new_zeros((length, *carried.shape[1:]))
            out = out.index_copy(0, landed.to(out.device), carried)
        return out.transpose(0, 1)


def _landings(frames: Reach, length: int) -> list[tuple[Tensor, tuple[Tensor, Tensor]]]:
    """Group frames by how many taps land in them.

    Returns:
        For each group, its frames (F,), and the anchor frames and taps (F, n) that land in each.
    """
    groups: dict[int, list[tuple[int, list[tuple[int, int]]]]] = {}
    for frame in range(length):
        taps = [(a, r) for a, row in enumerate(frames) for r, f in enumerate(row) if f == frame]
        if not taps:
            raise ValueError(f"no tube reaches frame {frame} of {length}")
        groups.setdefault(len(taps), []).append((frame, taps))
    found = []
    for members in groups.values():
        stacked = torch.tensor([taps for _, taps in members])
        landed = torch.tensor([frame for frame, _ in members])
        found.append((landed, (stacked[:, :, 0], stacked[:, :, 1])))
    return found


class TransposeDecoder(nn.Module):
    """Transposed convolutions from an encoder's last level to the points of the clip.

    Attributes:
        width: Channels of a point.
    """

    def __init__(self, layers: list[PSTConvTransposeConfig]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(PSTConvTranspose(config) for config in layers)
        self.width = layers[-1].channels_out

    def forward(
        self,
        points: Tensor,  # (B, T, N, 3)
        levels: list[Superpoints],  # finest first, (B, A, M, C) and (B, A, M, 3) each
    ) -> Tensor:  # (B, T, N, width)
        """Return a feature of every point of every frame, rectified."""
        found = levels[-1]
        for layer, level in zip(self.layers, [*levels[-2::-1], None], strict=True):
            where = points if level is None else level.position
            feature = layer(where, None if level is None else level.feature, found)
            found = Superpoints(torch.relu(feature), where)
        return found.feature
