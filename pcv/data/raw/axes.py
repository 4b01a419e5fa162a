"""The axes that all stores have (x right, y down, z forward), and how far points may lie."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

FAR = 4096.0  # metres: float32 steps of more than a quarter millimetre begin beyond
# By the axis that points up: turns points into the axes of all stores.
UPRIGHT = {
    "-y": np.eye(3),
    "y": np.diag([1.0, -1.0, -1.0]),
    "z": np.array([[1.0, 0, 0], [0, 0, -1.0], [0, 1.0, 0]]),
}


def far_shift(
    frames: Iterable[NDArray[np.float64]],  # each (n, 3)
) -> NDArray[np.float64]:  # (3,)
    """Return the whole metres that are subtracted from all frames, zeros where they lie near.

    Args:
        frames: The frames in metres; none is asked for after the first that has points.
    """
    first = next((points for points in frames if len(points)), np.zeros((1, 3)))
    middle = np.median(first, axis=0)
    return np.round(middle) if np.abs(middle).max() > FAR else np.zeros(3)
