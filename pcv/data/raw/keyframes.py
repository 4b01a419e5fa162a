"""Which frames of a recording are kept."""

from __future__ import annotations


def keyframes(length: int, count: int) -> list[int]:
    """Return frame ``floor(j * length / count)`` for every j, as the gesture pipelines keep them.

    Args:
        length: How many frames the recording has; where it is shorter than ``count``, frames
            repeat.
        count: How many frames are kept; 0: all of them.
    """
    return [j * length // count for j in range(count)] if count else list(range(length))
