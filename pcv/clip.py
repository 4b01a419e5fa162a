"""The values that stages hand each other.

Letters, the same everywhere: B clips, S segments, T frames, N points a frame, M anchors a frame,
K neighbours of an anchor, C channels, L superpoint frames.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

# Called by long work: how many are done, how many there are, and a word on the current one.
Progress = Callable[[int, int, str], None]


class VideoSource(NamedTuple):
    """One raw recording that a reader found, before anything of it was read."""

    path: Path
    name: str
    label: int  # from 0; -1 where unknown
    subject: int
    camera: int
    split: str  # "train" or "test"


class Video(NamedTuple):
    """One recording as points."""

    source: VideoSource
    frames: list[NDArray[np.float32]]  # T arrays (N_t, 3), metres; N_t may be 0


class ClipBatch(NamedTuple):
    """Clips of equal length with the same number of points in every frame."""

    points: Tensor  # (B, T, N, 3) float32, in the unit the recipe's scale gives
    label: Tensor  # (B,) int64, -1 where unknown
    video: Tensor  # (B,) int64, row of the store's video table
    view: Tensor | None = None  # (B, T, N, 3): the same points under a second augmentation
    subject: Tensor | None = None  # (B,) int64: who moved, -1 where unknown
    point_label: Tensor | None = None  # (B, T, N) int64: class of every point, -1: ignored


class Superpoints(NamedTuple):
    """What an encoder makes of clips: the embedding of one space-time tube at each anchor."""

    feature: Tensor  # (B, L, M, C)
    position: Tensor  # (B, L, M, 3), same unit as the points


class Losses(NamedTuple):
    """A scalar to back-propagate, and its named parts and monitors, detached."""

    total: Tensor  # ()
    parts: dict[str, Tensor]  # each ()
