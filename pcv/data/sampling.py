"""Which of the stored points a training clip sees."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def sample_points(
    points: NDArray[np.float32],  # (T, N, 3)
    count: int,
    rng: np.random.Generator,
) -> NDArray[np.float32]:  # (T, count, 3)
    """Draw points of every frame without replacement, keeping their order.

    Kept order is what keeps anchors cheap: the first points of a random subset are still spread
    over the frame, nearly as farthest point sampling would spread them.
    """
    frames, stored = points.shape[:2]
    if count == stored:
        return points
    keys = rng.random((frames, stored), dtype=np.float32)
    index = np.sort(np.argpartition(keys, count - 1, axis=1)[:, :count], axis=1)
    return np.take_along_axis(points, index[:, :, None], axis=1)
