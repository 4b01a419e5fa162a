"""Which of the stored points a training clip sees."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Value = TypeVar("Value", bound=np.generic)


def sample_index(
    frames: int, stored: int, count: int, rng: np.random.Generator
) -> NDArray[np.int64] | None:  # (frames, count), ascending
    """Draw which points of every frame are kept, without replacement; None: all of them."""
    if count == stored:
        return None
    keys = rng.random((frames, stored), dtype=np.float32)
    return np.sort(np.argpartition(keys, count - 1, axis=1)[:, :count], axis=1)


def take(
    values: NDArray[Value],  # (T, N, ...)
    index: NDArray[np.int64] | None,  # (T, count)
) -> NDArray[Value]:  # (T, count, ...)
    """Keep the points that ``sample_index`` drew; None: all of them."""
    if index is None:
        return values
    index = index.reshape(*index.shape, *[1] * (values.ndim - 2))
    return np.take_along_axis(values, index, axis=1)


def sample_points(
    points: NDArray[np.float32],  # (T, N, 3)
    count: int,
    rng: np.random.Generator,
) -> NDArray[np.float32]:  # (T, count, 3)
    """Draw points of every frame without replacement, keeping their order.

    The kept order keeps anchors cheap: the first points of a random subset are still spread
    over the frame, nearly as farthest point sampling would spread them.
    """
    return take(points, sample_index(len(points), points.shape[1], count, rng))
