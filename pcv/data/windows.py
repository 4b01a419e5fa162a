"""Which clips a video yields: integers only."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray


def clip_span(frames: int, interval: int) -> int:
    """Frames of a video from the first to the last frame of a clip."""
    return interval * (frames - 1) + 1


def clip_starts(
    length: int, frames: int, interval: int, stride: int, short: Literal["pad", "drop"]
) -> NDArray[np.int64]:
    """Return the first frame of every clip of a video.

    A video shorter than a clip yields one clip, padded, or none with ``drop`` (the papers' habit).
    """
    last = length - clip_span(frames, interval)
    if last < 0:
        return np.zeros(1 if short == "pad" and length else 0, np.int64)
    return np.arange(0, last + 1, stride, dtype=np.int64)


def spread_starts(starts: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Keep ``count`` starts, evenly spaced from first to last; all when 0 or fewer exist."""
    if not count or len(starts) <= count:
        return starts
    places = (np.arange(count) + 0.5) * len(starts) / count
    return starts[places.astype(np.int64)]


def clip_frames(start: int, frames: int, interval: int, length: int) -> NDArray[np.int64]:
    """Return the frames of a clip; past the end of the video its last frame repeats."""
    return np.minimum(start + interval * np.arange(frames, dtype=np.int64), length - 1)
