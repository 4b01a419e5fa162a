"""Random changes that only scenes undergo: of their colours, and smooth ones of their shape."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pcv.config.data import ColourAugmentConfig, ElasticConfig

UNKNOWN = 127  # value of each channel where colours are dropped
BLURS = 2  # how often noise is averaged over three cells along each axis


def augment_colour(
    colour: NDArray[np.uint8],  # (..., 3)
    rng: np.random.Generator,
    config: ColourAugmentConfig,
) -> NDArray[np.uint8]:  # (..., 3)
    """Stretch the contrast of colours, shift, jitter and drop them, each at random."""
    values = colour.astype(np.float32)
    if config.contrast and rng.random() < config.contrast:
        values = _stretched(values, float(rng.random()))
    if config.shift and rng.random() < config.shift_chance:
        values += 255 * rng.uniform(-config.shift, config.shift, 3).astype(np.float32)
    if config.jitter and rng.random() < config.jitter_chance:
        noise = rng.standard_normal(values.shape, dtype=np.float32)
        values += np.float32(255 * config.jitter) * noise
    if config.drop and rng.random() < config.drop:
        values[:] = UNKNOWN
    return np.round(np.clip(values, 0, 255)).astype(np.uint8)


def _stretched(values: NDArray[np.float32], share: float) -> NDArray[np.float32]:
    """Stretch channels a share of the way to 0 to 255; a channel of one value stays."""
    flat = values.reshape(-1, 3)
    low, high = flat.min(0), flat.max(0)
    wide = np.where(high > low, high - low, 1)
    full = np.where(high > low, (values - low) * (255 / wide), values)
    return ((1 - share) * values + share * full).astype(np.float32)


def deform(
    points: NDArray[np.float32],  # (n, 3) metres
    normals: NDArray[np.float32] | None,  # (n, 3) unit length
    rng: np.random.Generator,
    config: ElasticConfig,
) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:  # (n, 3) both
    """Displace points by smooth noise, and turn normals by its slope.

    Noise is drawn at the corners of a grid, blurred, and interpolated linearly between them, so
    that neighbours move alike (Simard et al., ICDAR 2003, in three dimensions).
    """
    if not config.chance or rng.random() >= config.chance:
        return points, normals
    for cell, strength in zip(config.cell, config.strength, strict=True):
        points, normals = _deform_once(points, normals, rng, (cell, strength))
    return points, normals


def _deform_once(
    points: NDArray[np.float32],
    normals: NDArray[np.float32] | None,
    rng: np.random.Generator,
    scale: tuple[float, float],
) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
    cell, strength = scale
    position = (points - points.min(0)) / cell
    corner = position.astype(np.int64)
    noise = strength * rng.standard_normal((*(corner.max(0) + 2), 3))
    for _ in range(BLURS):
        for axis in range(3):
            noise = _blurred(noise, axis)
    shift, slope = _interpolate(noise, corner, position - corner)
    if normals is not None:
        # A surface turns by I + slope / cell, its normals by the inverse transpose.
        matrix = np.eye(3) + slope / cell  # (n, 3, 3) rows: axis of the shift, columns: along what
        turned = np.linalg.solve(matrix.transpose(0, 2, 1), normals[:, :, None])[:, :, 0]
        length = np.linalg.norm(turned, axis=1, keepdims=True)
        normals = np.divide(turned, length, out=np.zeros_like(turned), where=length > 0)
        normals = normals.astype(np.float32)
    return (points + shift).astype(np.float32), normals


def _blurred(noise: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    ends = [(1, 1) if other == axis else (0, 0) for other in range(noise.ndim)]
    padded = np.pad(noise, ends)
    count = noise.shape[axis]
    return np.mean([padded.take(range(i, i + count), axis) for i in range(3)], axis=0)


def _interpolate(
    noise: NDArray[np.float64],  # (X, Y, Z, 3)
    corner: NDArray[np.int64],  # (n, 3)
    inside: NDArray[np.float32],  # (n, 3) from 0 to 1
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:  # (n, 3), (n, 3, 3)
    """Return the noise at positions of a grid, and its slope along each axis, per cell."""
    value = np.zeros((len(corner), 3))
    slope = np.zeros((len(corner), 3, 3))
    for step in np.ndindex(2, 2, 2):
        found = noise[tuple((corner + step).T)]
        weight = np.where(step, inside, 1 - inside)  # (n, 3)
        sign = np.where(step, 1.0, -1.0)
        value += weight.prod(1)[:, None] * found
        for axis in range(3):
            others = np.delete(weight, axis, 1).prod(1) * sign[axis]
            slope[:, :, axis] += others[:, None] * found
    return value, slope
