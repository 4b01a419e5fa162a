"""The axes that all stores have (x right, y down, z forward), and how far points may lie."""

from __future__ import annotations

import numpy as np

FAR = 4096.0  # metres: float32 steps of more than a quarter millimetre begin beyond
# By the axis that points up: turns points into the axes of all stores.
UPRIGHT = {
    "-y": np.eye(3),
    "y": np.diag([1.0, -1.0, -1.0]),
    "z": np.array([[1.0, 0, 0], [0, 0, -1.0], [0, 1.0, 0]]),
}
