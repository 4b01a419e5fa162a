"""A synthetic room: labelled furniture of boxes between walls, seen by any camera."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pcv.kernels.rays import cast_boxes

CLASSES = (
    "wall", "floor", "cabinet", "bed", "chair", "sofa", "table", "door", "window", "bookshelf",
    "picture", "desk",
)  # fmt: skip
COLOURS = {
    "wall": (200, 195, 180), "floor": (140, 110, 80), "cabinet": (150, 105, 65),
    "bed": (120, 140, 190), "chair": (60, 60, 70), "sofa": (150, 60, 60), "table": (180, 140, 95),
    "door": (225, 220, 210), "window": (170, 205, 235), "bookshelf": (95, 65, 45),
    "picture": (60, 130, 110), "desk": (165, 160, 150),
}  # fmt: skip
HEIGHT, THICK = 2.5, 0.1  # metres: of walls
CHECK = 0.2  # metres: edge of the squares that surfaces are painted with
SHADE = (0.82, 0.92, 1.0)  # of faces along a box's x, y and z
# Boxes of a piece of furniture that stands at the origin with its back towards +y: centre and size.
PIECES: dict[str, list[tuple[tuple[float, float, float], tuple[float, float, float]]]] = {
    "cabinet": [((0, 0, 0.45), (1.0, 0.45, 0.9))],
    "bookshelf": [((x, 0, 0.9), (0.04, 0.3, 1.8)) for x in (-0.43, 0.43)]
    + [((0, 0, z), (0.9, 0.3, 0.04)) for z in (0.1, 0.55, 1.0, 1.45, 1.78)]
    + [((0, 0.14, 0.9), (0.9, 0.02, 1.8))],
    "bed": [((0, 0, 0.25), (1.5, 2.0, 0.5)), ((0, 0.97, 0.5), (1.5, 0.06, 1.0))],
    "sofa": [((0, 0, 0.22), (1.8, 0.85, 0.44)), ((0, 0.34, 0.62), (1.8, 0.17, 0.4))]
    + [((x, 0, 0.55), (0.16, 0.85, 0.24)) for x in (-0.82, 0.82)],
    "desk": [((0, 0, 0.73), (1.3, 0.65, 0.05))]
    + [((x, 0, 0.35), (0.05, 0.6, 0.7)) for x in (-0.6, 0.6)],
    "table": [((0, 0, 0.73), (1.4, 0.9, 0.05))]
    + [((x, y, 0.35), (0.07, 0.07, 0.7)) for x in (-0.6, 0.6) for y in (-0.36, 0.36)],
    "chair": [((0, 0, 0.45), (0.45, 0.45, 0.06)), ((0, 0.2, 0.72), (0.45, 0.05, 0.5))]
    + [((x, y, 0.21), (0.05, 0.05, 0.42)) for x in (-0.19, 0.19) for y in (-0.19, 0.19)],
    "door": [((0, 0, 1.0), (0.9, 0.06, 2.0))],
    "window": [((0, 0, 1.5), (1.2, 0.06, 1.0))],
    "picture": [((0, 0, 1.6), (0.7, 0.04, 0.5))],
}
BY_THE_WALL = ("bed", "sofa", "bookshelf", "cabinet", "desk", "cabinet", "bookshelf")
ON_THE_WALL = ("door", "window", "picture", "window", "picture")
GAP = 0.1  # metres between pieces


class Room(NamedTuple):
    """Boxes in metres, z up, the middle of the floor at the origin."""

    boxes: NDArray[np.float64]  # (K, 8) centre, half sizes, cosine and sine of the turn about z
    label: NDArray[np.int16]  # (K,) index into CLASSES
    thing: NDArray[np.int16]  # (K,) object from 0; walls and floor are objects too
    colour: NDArray[np.float64]  # (K, 3) 0 to 255
    size: NDArray[np.float64]  # (2,) of the floor along x and y


class Hits(NamedTuple):
    """What rays meet first."""

    distance: NDArray[np.float64]  # (n,) in lengths of the ray; infinite: nothing
    box: NDArray[np.int32]  # (n,) -1: nothing
    colour: NDArray[np.uint8]  # (n, 3)


def build_room(rng: np.random.Generator) -> Room:
    """Draw a room: furniture along the walls, a table with chairs, pictures, a door, windows."""
    size = rng.uniform((4.0, 4.5), (5.5, 6.5))
    builder = _Builder(rng, size)
    for k, kind in enumerate(BY_THE_WALL):
        builder.along_a_wall(kind, k % 4 if k < 4 else int(rng.integers(4)))
    for kind in ON_THE_WALL:
        builder.along_a_wall(kind, int(rng.integers(4)), hangs=True)
    builder.table_with_chairs()
    return builder.room()


def cast(
    room: Room,
    eye: NDArray[np.float64],  # (3,)
    rays: NDArray[np.float64],  # (n, 3)
) -> Hits:
    """Return what rays from a point meet first; colours belong to surfaces, not to views."""
    count = len(rays)
    distance, box = np.empty(count), np.empty(count, np.int32)
    side = np.empty(count, np.int8)
    cast_boxes(eye, np.ascontiguousarray(rays), room.boxes, distance, box, side)
    seen = np.flatnonzero(box >= 0)
    points = eye + rays[seen] * distance[seen, None]
    colour = np.zeros((count, 3), np.uint8)
    colour[seen] = paint(room, points, box[seen], side[seen])
    return Hits(distance, box, colour)


def paint(
    room: Room,
    points: NDArray[np.float64],  # (n, 3) on surfaces
    box: NDArray[np.int32],  # (n,)
    side: NDArray[np.int8],  # (n,)
) -> NDArray[np.uint8]:  # (n, 3)
    """Return the colours of points on surfaces: squares in two tones, faces shaded by direction."""
    centre, cosine, sine = room.boxes[box, :3], room.boxes[box, 6], room.boxes[box, 7]
    x, y, z = (points - centre).T
    own = np.stack([cosine * x + sine * y, cosine * y - sine * x, z], 1)
    own[np.arange(len(own)), side] = 0  # on a face this one is only rounding
    squares = np.floor(own / CHECK + 0.5).sum(1) % 2
    tone = (1 - 0.25 * squares) * np.array(SHADE)[side]
    painted: NDArray[np.uint8] = np.round(room.colour[box] * tone[:, None]).astype(np.uint8)
    return painted


class _Builder:
    """Places pieces one by one, where there is room."""

    def __init__(self, rng: np.random.Generator, size: NDArray[np.float64]) -> None:
        self.rng, self.size = rng, size
        self.boxes: list[list[float]] = []
        self.label: list[int] = []
        self.thing: list[int] = []
        self.colour: list[NDArray[np.float64]] = []
        self.taken: list[tuple[NDArray[np.float64], NDArray[np.float64], bool]] = []
        x, y = size / 2
        self._add("floor", [((0, 0, -THICK / 2), (2 * x + 1, 2 * y + 1, THICK))], (0, 0), 0)
        for turn in range(4):
            width, away = (2 * x, y) if turn % 2 == 0 else (2 * y, x)
            wall = [((0.0, away + THICK / 2, HEIGHT / 2), (width + 2 * THICK, THICK, HEIGHT))]
            self._add("wall", wall, (0, 0), turn * np.pi / 2)

    def along_a_wall(self, kind: str, wall: int, *, hangs: bool = False) -> None:
        """Stand or hang a piece with its back to a wall, or leave it out where none fits."""
        centres, sizes = (np.array(part) for part in zip(*PIECES[kind], strict=True))
        low, high = (centres - sizes / 2).min(0), (centres + sizes / 2).max(0)
        width, away = (
            (self.size[0], self.size[1]) if wall % 2 == 0 else (self.size[1], self.size[0])
        )
        slack = (width - (high[0] - low[0])) / 2 - GAP
        for _ in range(20):
            along = self.rng.uniform(-slack, slack)
            at = _turned(np.array([along, away / 2 - high[1] - 0.002]), wall * np.pi / 2)
            if self._claim(at, np.maximum(-low, high)[:2], wall, hangs):
                self._add(kind, PIECES[kind], (at[0], at[1]), wall * np.pi / 2)
                return

    def table_with_chairs(self) -> None:
        """Stand a table near the middle, and chairs around it."""
        at, turn = self.rng.uniform(-0.3, 0.3, 2), self.rng.uniform(0, np.pi)
        self._add("table", PIECES["table"], (at[0], at[1]), turn)
        for side in range(int(self.rng.integers(2, 5))):
            away = 0.75 if side % 2 == 0 else 1.0
            angle = turn + side * np.pi / 2
            place = at + _turned(np.array([0.0, away]), angle)
            self._add("chair", PIECES["chair"], (place[0], place[1]), angle)

    def room(self) -> Room:
        """Return what was placed."""
        return Room(
            np.array(self.boxes),
            np.array(self.label, np.int16),
            np.array(self.thing, np.int16),
            np.array(self.colour),
            self.size,
        )

    def _claim(
        self, at: NDArray[np.float64], half: NDArray[np.float64], wall: int, hangs: bool
    ) -> bool:
        """Take a place, unless something stands (or hangs) there."""
        half = (half if wall % 2 == 0 else half[::-1]) + GAP / 2
        for other, extent, hanging in self.taken:
            if hanging == hangs and (np.abs(at - other) < half + extent).all():
                return False
        self.taken.append((at, half, hangs))
        return True

    def _add(
        self,
        kind: str,
        parts: list[tuple[tuple[float, float, float], tuple[float, float, float]]],
        at: tuple[float, float],
        turn: float,
    ) -> None:
        colour = np.array(COLOURS[kind]) * self.rng.uniform(0.8, 1.15, 3)
        thing = self.thing[-1] + 1 if self.thing else 0
        for centre, size in parts:
            place = _turned(np.array(centre[:2]), turn) + at
            half = [extent / 2 for extent in size]
            self.boxes.append([*place, centre[2], *half, np.cos(turn), np.sin(turn)])
            self.label.append(CLASSES.index(kind))
            self.thing.append(thing)
            self.colour.append(colour.clip(0, 255))


def _turned(place: NDArray[np.float64], turn: float) -> NDArray[np.float64]:  # (2,)
    c, s = np.cos(turn), np.sin(turn)
    return np.array([c * place[0] - s * place[1], s * place[0] + c * place[1]])
