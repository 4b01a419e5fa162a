"""Random changes of a training clip."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pcv.config.data import AugmentConfig

VERTICAL = 1  # y points down in every store of a depth camera


class Changed(NamedTuple):
    """A clip after augmentation, and what happened to its points."""

    points: NDArray[np.float32]  # (T, N, 3)
    source: NDArray[np.int64] | None  # (N,) index in the given points; None: unchanged
    transform: NDArray[np.float64]  # (4, 4) that moved every point, without jitter

    @property
    def matrix(self) -> NDArray[np.float64]:  # (3, 3)
        """The matrix that multiplied the points from the right."""
        return self.transform[:3, :3].T


def augment(
    points: NDArray[np.float32],  # (T, N, 3), metres from the centre
    rng: np.random.Generator,
    config: AugmentConfig,
) -> NDArray[np.float32]:  # (T, N, 3)
    """Return only the points of ``augment_points``."""
    return augment_points(points, rng, config).points


def augment_points(
    points: NDArray[np.float32],  # (T, N, 3), metres from the centre
    rng: np.random.Generator,
    config: AugmentConfig,
) -> Changed:
    """Rotate about the vertical, tilt, mirror, scale, shift, replace and jitter, all frames alike.

    Replacing copies each frame's first point over a random part of the others, so that the number
    and the order of points stay.
    """
    matrix = np.eye(3)
    if config.rotate:
        matrix = _turn(VERTICAL, config.rotate, rng)
    if config.tilt:
        matrix = matrix @ _turn(0, config.tilt, rng) @ _turn(2, config.tilt, rng)
    if config.mirror and rng.random() < config.mirror:
        matrix[:, 0] *= -1
    low, high = config.scale
    factor = rng.uniform(low, high, 3 if config.anisotropic else 1)
    matrix = matrix * factor
    transform = np.eye(4)
    transform[:3, :3] = matrix.T
    changed = points @ matrix.astype(np.float32)
    if config.shift:
        transform[:3, 3] = rng.uniform(-config.shift, config.shift, 3)
        changed += transform[:3, 3].astype(np.float32)
    index = _replace(points.shape[1], rng, config.drop) if config.drop else None
    if index is not None:
        changed = changed[:, index]
    if config.jitter:
        noise = rng.standard_normal(changed.shape, dtype=np.float32)
        changed += np.float32(config.jitter) * noise
    return Changed(changed, index, transform)


def turn_normals(
    normals: NDArray[Any],  # (..., 3)
    matrix: NDArray[np.float64],  # (3, 3) that multiplied the points from the right
) -> NDArray[np.float32]:  # (..., 3)
    """Turn normals with their surface, by the inverse transpose; zeros stay zeros."""
    turned = normals @ np.linalg.inv(matrix).T.astype(np.float32)
    length = np.linalg.norm(turned, axis=-1, keepdims=True)
    return np.divide(turned, length, out=np.zeros_like(turned), where=length > 0)


def _turn(axis: int, most: float, rng: np.random.Generator) -> NDArray[np.float64]:  # (3, 3)
    """Draw a turn about an axis, by at most ``most`` degrees to either side."""
    angle = np.deg2rad(rng.uniform(-most, most))
    cosine, sine = np.cos(angle), np.sin(angle)
    first, second = [other for other in range(3) if other != axis]
    matrix = np.eye(3)
    matrix[[first, first, second, second], [first, second, first, second]] = (
        cosine, sine, -sine, cosine,
    )  # fmt: skip
    return matrix


def _replace(count: int, rng: np.random.Generator, most: float) -> NDArray[np.int64]:
    lost = int((count - 1) * rng.uniform(0, most))
    index = np.arange(count)
    index[rng.choice(np.arange(1, count), lost, replace=False)] = 0
    return index
