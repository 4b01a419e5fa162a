"""Where the tubes of a spatio-temporal convolution lie: anchors, frames and neighbours.

Letters: A anchor frames, M anchors per frame, R frames per tube (its taps), K neighbours per tap.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pcv.ops import ball_query, farthest_points, gather_points, repeat_first

Reach = list[list[int]]  # (A, R): the frames that the tubes of each anchor frame reach; -1: none


class TimeGrid(NamedTuple):
    """How tubes step through the frames of a clip.

    Steps are plain numbers that only depend on the length of a clip, so that tracing finds
    constants.
    """

    kernel: int = 1  # frames, odd
    stride: int = 1  # frames
    before: int = 0  # padding frames before the first
    after: int = 0  # padding frames after the last
    padding: Literal["zeros", "replicate"] = "zeros"

    def frames(self, length: int) -> tuple[Tensor, Tensor]:
        """Return what ``steps`` returns as tensors: (A,) and (A, R) int64."""
        centres, frames = self.steps(length)
        return torch.tensor(centres), torch.tensor(frames)

    def steps(self, length: int) -> tuple[list[int], Reach]:
        """Return the anchor frames, and the frames that their tubes reach; -1: zero padding.

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
        centres = [c - self.before for c in range(reach, padded - reach, self.stride)]
        frames = [[*range(c - reach, c + reach + 1)] for c in centres]
        if self.padding == "replicate":
            last = length - 1
            return (
                [min(max(c, 0), last) for c in centres],
                [[min(max(f, 0), last) for f in row] for row in frames],
            )
        if min(centres) < 0 or max(centres) >= length:
            raise ValueError("an anchor frame may not lie in the zero padding")
        return centres, [[f if 0 <= f < length else -1 for f in row] for row in frames]


def choose_anchors(
    position: Tensor,  # (B, L, N, 3)
    centres: Tensor,  # (A,) int64
    count: int,
    how: Literal["prefix", "fps"],
) -> Tensor:  # (B, A, count, 3)
    """Take the anchors of the anchor frames: their first points, or their farthest points.

    Raises:
        ValueError: ``count`` is 0.
    """
    if count < 1:
        raise ValueError(f"{position.shape[2]} points per frame leave no anchor")
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
    frames: Reach,
    radius: float,
    neighbours: int,
) -> Tensor:  # (B, A, R, M, K) int64
    """Search every tap of every tube in one call, and fill empty slots by ``repeat_first``.

    A frame of -1 is not searched; its rows are -1.
    """
    batch, steps, rows = anchors.shape[:3]
    reach, device = len(frames[0]), position.device
    shape = (batch, steps * reach, rows, neighbours)
    index = torch.full(shape, -1, dtype=torch.int64, device=device)
    taps = [(a, r) for a, row in enumerate(frames) for r, frame in enumerate(row) if frame >= 0]
    live = torch.tensor([a * reach + r for a, r in taps], device=device)
    source = torch.tensor([frames[a][r] for a, r in taps], device=device)
    owner = torch.tensor([a for a, _ in taps], device=device)
    found = ball_query(
        position[:, source].reshape(-1, position.shape[2], 3).float(),
        anchors[:, owner].reshape(-1, rows, 3).float(),
        radius,
        neighbours,
    )
    index[:, live] = repeat_first(found).reshape(batch, len(taps), rows, -1)
    return index.reshape(batch, steps, reach, rows, -1)


def feature_matrix(channels: int, channels_in: int, bound: float) -> nn.Parameter | None:
    """Draw the (channels, channels_in) matrix that mixes features; None: a layer reads none."""
    if not channels_in:
        return None
    return nn.Parameter(torch.empty(channels, channels_in).uniform_(-bound, bound))


def mix_feature(
    feature: Tensor | None,  # (..., C)
    matrix: Tensor | None,  # (C', C)
    dtype: torch.dtype,
) -> Tensor | None:  # (..., C')
    """Mix features before they are gathered, which commutes; in ``dtype`` under autocast too."""
    if feature is None or matrix is None:
        return feature
    return F.linear(feature, matrix).to(dtype)


def gather_reach(
    values: Tensor,  # (B, L, N, C)
    frames: Tensor,  # (A, R) int64
    index: Tensor,  # (B, A, R, M, K) int64
) -> Tensor:  # (B, A, R, M, K, C)
    """Take the rows of all neighbours; an index of -1 gives zeros."""
    batch, steps, reach, rows, slots = index.shape
    chosen = values[:, frames.clamp(min=0).reshape(-1).to(values.device)]
    flat = gather_points(
        chosen.reshape(batch * steps * reach, *values.shape[2:]),
        index.reshape(batch * steps * reach, rows, slots),
    )
    return flat.reshape(batch, steps, reach, rows, slots, -1)
