"""The axes that all stores have, and how far points may lie."""

from __future__ import annotations

import numpy as np

FAR = 4096.0  # metres: float32 steps of more than a quarter millimetre begin beyond
# From axes whose vertical is told to x right, y down, z forward, that all stores have.
UPRIGHT = {
    "-y": np.eye(3),
    "y": np.diag([1.0, -1.0, -1.0]),
    "z": np.array([[1.0, 0, 0], [0, 0, -1.0], [0, 1.0, 0]]),
}
