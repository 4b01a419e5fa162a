"""What rays meet in a synthetic room: its rectangles, painted.

``pcv.synth.room`` draws the rectangles, and makes a mesh of them that this file does not need.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pcv.kernels.rays import cast_rectangles
from pcv.synth.room import COLOURS, draw_things

CLASSES = tuple(COLOURS)
CHECK = 0.2  # metres: edge of the squares that surfaces are painted with
DARKER = 0.8  # brightness of every other square
SHADE = (0.85, 0.92, 1.0)  # brightness of surfaces across x, y and z, so that edges show


class Surfaces(NamedTuple):
    """The rectangles of a room; metres, z up, the middle of the floor at the origin."""

    rectangles: NDArray[np.float64]  # (K, 3, 3) a corner and two sides of each
    label: NDArray[np.int16]  # (K,) index into CLASSES
    thing: NDArray[np.int16]  # (K,) object from 0
    colour: NDArray[np.float64]  # (K, 3) 0 to 255
    size: NDArray[np.float64]  # (3,) extents of the room


class RoomHits(NamedTuple):
    """What rays meet first."""

    distance: NDArray[np.float64]  # (n,) in lengths of the ray; infinite: nothing
    surface: NDArray[np.int32]  # (n,) rectangle from 0; -1: nothing
    colour: NDArray[np.uint8]  # (n, 3)


def build_surfaces(rng: np.random.Generator) -> Surfaces:
    """Draw a room, the same that ``build_room`` makes a mesh of; objects of a kind vary in tone."""
    things = draw_things(rng)
    parts = [(kind, number, r) for number, (kind, all_of) in enumerate(things) for r in all_of]
    tones = [np.array(COLOURS[kind]) * rng.uniform(0.85, 1.1, 3) for kind, _ in things]
    rectangles = np.array([[r.corner, r.across, r.along] for _, _, r in parts])
    corners = np.concatenate([rectangles[:, 0], rectangles.sum(1)])
    size = corners.max(0) - corners.min(0)
    rectangles[:, 0] -= (*size[:2] / 2, 0)
    return Surfaces(
        rectangles,
        np.array([CLASSES.index(kind) for kind, _, _ in parts], np.int16),
        np.array([number for _, number, _ in parts], np.int16),
        np.array([tones[number] for _, number, _ in parts]).clip(0, 255),
        size,
    )


def cast_room(
    room: Surfaces,
    eye: NDArray[np.float64],  # (3,)
    rays: NDArray[np.float64],  # (n, 3)
) -> RoomHits:
    """Return what rays from a point meet first; a surface has the same colour from all sides."""
    count = len(rays)
    distance, surface = np.empty(count), np.empty(count, np.int32)
    position = np.zeros((count, 2))
    cast_rectangles(eye, np.ascontiguousarray(rays), room.rectangles, distance, surface, position)
    return RoomHits(distance, surface, paint(room, surface, position))


def paint(
    room: Surfaces,
    surface: NDArray[np.int32],  # (n,) -1: none
    position: NDArray[np.float64],  # (n, 2) on the rectangle, in lengths of its sides
) -> NDArray[np.uint8]:  # (n, 3)
    """Return the colours of points: squares of two tones, shaded by direction; black for -1."""
    sides = room.rectangles[:, 1:]
    shade = np.array(SHADE)[np.abs(np.cross(sides[:, 0], sides[:, 1])).argmax(1)]
    metres = position * np.linalg.norm(sides, axis=2)[surface]
    tone = np.where(np.floor(metres / CHECK).sum(1) % 2, DARKER, 1.0) * shade[surface]
    painted = np.round(room.colour[surface] * tone[:, None])
    return np.where(surface[:, None] >= 0, painted, 0).astype(np.uint8)
