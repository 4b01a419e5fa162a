"""Which clips a video yields: arithmetic with the numbers of frames."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray


def clip_span(frames: int, interval: int) -> int:
    """Return how many frames of a video a clip spans, from its first to its last."""
    return interval * (frames - 1) + 1


def clip_starts(
    length: int, frames: int, interval: int, stride: int, short: Literal["pad", "drop"]
) -> NDArray[np.int64]:  # (clips,)
    """Return the first frame of every clip of a video.

    A video shorter than a clip yields one padded clip, or with ``drop`` none, as in the papers.
    """
    last = length - clip_span(frames, interval)
    if last < 0:
        return np.zeros(1 if short == "pad" and length else 0, np.int64)
    return np.arange(0, last + 1, stride, dtype=np.int64)


def spread_starts(
    starts: NDArray[np.int64],  # (clips,)
    count: int,
) -> NDArray[np.int64]:  # (count,) or (clips,)
    """Keep ``count`` evenly spaced starts; all if ``count`` is 0 or there are no more."""
    if not count or len(starts) <= count:
        return starts
    index = (np.arange(count) + 0.5) * len(starts) / count
    return starts[index.astype(np.int64)]


def clip_frames(
    start: int, frames: int, interval: int, length: int
) -> NDArray[np.int64]:  # (frames,)
    """Return the frames of a clip; past the end of the video its last frame repeats."""
    return np.minimum(start + interval * np.arange(frames, dtype=np.int64), length - 1)


def cover(
    clips: NDArray[np.int64],  # (clips, 2): video, start
    lengths: NDArray[np.int64],  # (videos,)
    frames: int,
    interval: int,
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:  # (n, 2), (n, T)
    """Choose clips that together hold every frame, and say where each frame is first met.

    Frames that no clip of the given interval reaches are left out; at interval 1 there are none.
    """
    chosen, fresh = [], []
    met: set[tuple[int, int]] = set()
    for row, (video, start) in enumerate(clips):
        last = row + 1 == len(clips) or clips[row + 1, 0] != video
        held = clip_frames(int(start), frames, interval, int(lengths[video]))
        keys = [(int(video), int(frame)) for frame in held]
        if keys[0] in met and not (last and any(key not in met for key in keys)):
            continue
        new = []
        for key in keys:
            new.append(key not in met)
            met.add(key)
        chosen.append((video, start))
        fresh.append(new)
    return (
        np.array(chosen, np.int64).reshape(-1, 2),
        np.array(fresh, bool).reshape(-1, frames),
    )
