"""Where the tubes of a spatio-temporal convolution lie: anchors, frames and neighbours."""

from __future__ import annotations

from typing import Literal, NamedTuple

import torch
from torch import Tensor

from pcv.ops import ball_query, farthest_points, gather_points, repeat_first


class TimeGrid(NamedTuple):
    """How tubes step through the frames of a clip."""

    kernel: int = 1  # odd
    stride: int = 1
    before: int = 0  # padding frames
    after: int = 0
    padding: Literal["zeros", "replicate"] = "zeros"

    def frames(self, length: int) -> tuple[Tensor, Tensor]:
        """Return anchor frames (A,) and the frames (A, R) their tubes reach; -1: zero padding.

        Raises:
            ValueError: The number of frames does not fit kernel, stride and padding.
        """
        reach = self.kernel // 2
        padded = length + self.before + self.after
        if padded < self.kernel or (padded - self.kernel) % self.stride:
            raise ValueError(
                f"{length} frames with padding {(self.before, self.after)} do not fit a temporal "
                f"kernel of {self.kernel} with stride {self.stride}"
            )
        centres = torch.arange(reach, padded - reach, self.stride) - self.before
        frames = centres[:, None] + torch.arange(-reach, reach + 1)
        if self.padding == "replicate":
            return centres.clamp(0, length - 1), frames.clamp(0, length - 1)
        if ((centres < 0) | (centres >= length)).any():
            raise ValueError("zero padding may not hold an anchor frame")
        return centres, torch.where((frames < 0) | (frames >= length), -1, frames)


def choose_anchors(
    position: Tensor,  # (B, L, N, 3)
    centres: Tensor,  # (A,) int64
    count: int,
    how: Literal["prefix", "fps"],
) -> Tensor:  # (B, A, count, 3)
    """Take the anchors of the chosen frames: their first points, or their farthest points.

    Raises:
        ValueError: ``count`` is 0.
    """
    if count < 1:
        raise ValueError(f"{position.shape[2]} points leave no anchor")
    chosen = position[:, centres.to(position.device)]
    if how == "prefix":
        return chosen[:, :, :count].contiguous()
    batch, steps = chosen.shape[:2]
    flat = chosen.reshape(batch * steps, -1, 3)
    index = farthest_points(flat.float(), count)
    return gather_points(flat, index[:, None])[:, 0].reshape(batch, steps, count, 3)


def find_neighbours(
    position: Tensor,  # (B, L, N, 3)
    anchors: Tensor,  # (B, A, M, 3)
    frames: Tensor,  # (A, R) int64
    radius: float,
    neighbours: int,
) -> Tensor:  # (B, A, R, M, K) int64
    """Search every tap of every tube in one call, filled by ``repeat_first``.

    The rows of a frame of -1 are -1, never searched.
    """
    batch, steps, rows = anchors.shape[:3]
    reach = frames.shape[1]
    shape = (batch, steps * reach, rows, neighbours)
    index = torch.full(shape, -1, dtype=torch.int64, device=position.device)
    live = (frames.reshape(-1) >= 0).nonzero()[:, 0].to(position.device)
    source = frames.reshape(-1).to(position.device)[live]
    owner = torch.arange(steps, device=position.device).repeat_interleave(reach)[live]
    found = ball_query(
        position[:, source].reshape(-1, position.shape[2], 3).float(),
        anchors[:, owner].reshape(-1, rows, 3).float(),
        radius,
        neighbours,
    )
    index[:, live] = repeat_first(found).reshape(batch, len(live), rows, -1)
    return index.reshape(batch, steps, reach, rows, -1)


def gather_frames(values: Tensor, frames: Tensor, index: Tensor) -> Tensor:
    """(B, L, N, C) along frames (A, R) and index (B, A, R, M, K) -> (B, A, R, M, K, C)."""
    batch, steps, reach, rows, slots = index.shape
    chosen = values[:, frames.clamp(min=0).reshape(-1).to(values.device)]
    flat = gather_points(
        chosen.reshape(batch * steps * reach, *values.shape[2:]),
        index.reshape(batch * steps * reach, rows, slots),
    )
    return flat.reshape(batch, steps, reach, rows, slots, -1)
