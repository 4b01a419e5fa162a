"""Random changes of a training clip."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pcv.config import AugmentConfig

VERTICAL = 1  # y points down in every store of a depth camera


def augment(
    points: NDArray[np.float32],  # (T, N, 3), metres from the centre
    rng: np.random.Generator,
    config: AugmentConfig,
) -> NDArray[np.float32]:  # (T, N, 3)
    """Rotate about the vertical, mirror, scale, shift, replace and jitter, all frames alike.

    Replacing copies a frame's first points over a random part of the others, so that their number
    and order stay.
    """
    matrix = np.eye(3)
    if config.rotate:
        angle = np.deg2rad(rng.uniform(-config.rotate, config.rotate))
        cosine, sine = np.cos(angle), np.sin(angle)
        matrix[[0, 0, 2, 2], [0, 2, 0, 2]] = cosine, sine, -sine, cosine
    if config.mirror and rng.random() < config.mirror:
        matrix[:, 0] *= -1
    low, high = config.scale
    factor = rng.uniform(low, high, 3 if config.anisotropic else 1)
    changed = points @ (matrix * factor).astype(np.float32)
    if config.shift:
        changed += rng.uniform(-config.shift, config.shift, 3).astype(np.float32)
    if config.drop:
        changed = _replace(changed, rng, config.drop)
    if config.jitter:
        noise = rng.standard_normal(changed.shape, dtype=np.float32)
        changed += np.float32(config.jitter) * noise
    return changed


def _replace(
    points: NDArray[np.float32], rng: np.random.Generator, most: float
) -> NDArray[np.float32]:
    count = points.shape[1]
    lost = int((count - 1) * rng.uniform(0, most))
    index = np.arange(count)
    index[rng.choice(np.arange(1, count), lost, replace=False)] = 0
    return points[:, index]
