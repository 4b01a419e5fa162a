"""A synthetic street: boxes on a road, some of them driving, seen by any sensor."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

GROUND = ("road", "sidewalk")  # within and beyond the kerb
KERB = 4.0  # metres from the middle of the road
COLOURS = {
    "road": (90, 90, 95), "sidewalk": (150, 140, 135), "building": (170, 110, 80),
    "vegetation": (60, 120, 50), "pole": (110, 110, 110), "car": (160, 30, 40),
    "moving car": (30, 60, 170), "sky": (140, 180, 230),
}  # fmt: skip


class Street(NamedTuple):
    """Boxes in metres; x right, y down, z along the road, the ground at y = 0."""

    low: NDArray[np.float64]  # (K, 3)
    high: NDArray[np.float64]  # (K, 3)
    velocity: NDArray[np.float64]  # (K, 3) metres per frame
    kind: list[str]  # of each box


class StreetHits(NamedTuple):
    """What rays meet first."""

    distance: NDArray[np.float64]  # (n,) in lengths of the ray; infinite: the sky
    kind: NDArray[np.str_]  # (n,)
    thing: NDArray[np.int64]  # (n,) box from 1; 0: ground or sky


def build_street(rng: np.random.Generator, length: float = 120.0) -> Street:
    """Draw houses, trees, poles, parked and driving cars on both sides of a road."""
    boxes: list[tuple[list[float], list[float], list[float], str]] = []

    def add(kind: str, x: float, z: float, size: tuple[float, float, float], speed: float) -> None:
        w, h, d = size
        boxes.append(([x - w / 2, -h, z - d / 2], [x + w / 2, 0, z + d / 2], [0, 0, speed], kind))

    for side in (-1.0, 1.0):
        for z in np.arange(-length / 2, length, 14.0):
            add("building", side * rng.uniform(11, 14), z, (6, rng.uniform(4, 12), 10), 0)
            add("vegetation", side * 6.5, z + rng.uniform(4, 8), (2, rng.uniform(2, 5), 2), 0)
            add("pole", side * 4.6, z + rng.uniform(0, 4), (0.3, 5, 0.3), 0)
            add("car", side * 3.4, z + rng.uniform(0, 6), (1.8, 1.5, 4.2), 0)
        for _ in range(3):
            speed = -side * rng.uniform(0.4, 1.2)
            add("moving car", side * 1.6, rng.uniform(-20, 60), (1.8, 1.5, 4.2), speed)
    low, high, velocity, kind = zip(*boxes, strict=True)
    return Street(np.array(low), np.array(high), np.array(velocity, np.float64), list(kind))


def cast_street(
    street: Street,
    time: float,
    origin: NDArray[np.float64],  # (3,)
    directions: NDArray[np.float64],  # (n, 3)
) -> StreetHits:
    """Return what rays from a point meet first, at a time that is counted in frames."""
    x, y, z = (1 / np.where(np.abs(d) < 1e-12, 1e-12, d) for d in directions.T)
    shift = street.velocity * time - origin
    distance, box = np.full(len(directions), np.inf), np.zeros(len(directions), np.int64)
    for number, (low, high) in enumerate(zip(street.low + shift, street.high + shift, strict=True)):
        sides = [(low[i] * slope, high[i] * slope) for i, slope in enumerate((x, y, z))]
        enter, leave = np.full(len(x), -np.inf), np.full(len(x), np.inf)
        for a, b in sides:
            enter = np.maximum(enter, np.minimum(a, b))
            leave = np.minimum(leave, np.maximum(a, b))
        nearer = (enter < leave) & (enter > 0) & (enter < distance)
        distance[nearer], box[nearer] = enter[nearer], number
    ground = np.where(directions[:, 1] > 0, -origin[1] * y, np.inf)
    hit_box = distance < ground
    nearest = np.minimum(distance, ground)
    with np.errstate(invalid="ignore"):
        aside = np.abs(origin[0] + directions[:, 0] * nearest)
    kind = np.where(aside < KERB, *GROUND)
    kind = np.where(hit_box, np.array(street.kind)[box], kind)
    kind = np.where(np.isfinite(nearest), kind, "sky")
    return StreetHits(nearest, kind, np.where(hit_box, box + 1, 0))
