"""A synthetic room of rectangles, and the mesh of it that the format of ScanNet wants.

``pcv.synth.room_rays`` sees the same rectangles through a camera, without a mesh.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

SPACING = 0.05  # metres between neighbouring vertices
NOISE = 0.003  # metres, standard deviation of a vertex
COLOURS = {
    "wall": (205, 198, 185), "floor": (140, 110, 80), "ceiling": (235, 235, 230),
    "table": (150, 95, 50), "desk": (170, 120, 75), "chair": (60, 70, 95), "bed": (175, 170, 200),
    "cabinet": (120, 80, 55), "bookshelf": (95, 65, 45), "couch": (110, 45, 45),
    "door": (180, 150, 110), "window": (150, 190, 220), "picture": (90, 120, 70),
    "curtain": (200, 120, 130),
}  # fmt: skip


class SyntheticRoom(NamedTuple):
    """A mesh of n vertices, each of an object and of a surface; metres, z up."""

    points: NDArray[np.float64]  # (n, 3)
    colour: NDArray[np.uint8]  # (n, 3)
    faces: NDArray[np.int64]  # (f, 3) counter-clockwise as seen from inside the room
    thing: NDArray[np.int64]  # (n,) object from 0
    surface: NDArray[np.int64]  # (n,) rectangle from 0
    kinds: list[str]  # of the objects


class Rectangle(NamedTuple):
    """A corner and two sides; the front is where ``across`` x ``along`` points to."""

    corner: NDArray[np.float64]  # (3,)
    across: NDArray[np.float64]  # (3,)
    along: NDArray[np.float64]  # (3,)


def build_room(rng: np.random.Generator) -> SyntheticRoom:
    """Draw a room of 3 to 6 metres with furniture, and make a mesh of it."""
    return _mesh(draw_things(rng), rng)


def draw_things(rng: np.random.Generator) -> list[tuple[str, list[Rectangle]]]:
    """Draw the kinds of the objects in a room, its walls included, and their rectangles."""
    width, depth, height = rng.uniform(3.2, 5.5), rng.uniform(3.2, 5.5), rng.uniform(2.3, 2.8)
    things = _shell(width, depth, height) + _hung(rng, width, depth)
    for kind, boxes in _furniture(rng, width, depth):
        things.append((kind, [side for low, high in boxes for side in _sides(low, high)]))
    return things


def _shell(width: float, depth: float, height: float) -> list[tuple[str, list[Rectangle]]]:
    inside = _sides((0, 0, 0), (width, depth, height), closed=True)
    turned = [Rectangle(side.corner, side.along, side.across) for side in inside]
    left, right, front, back, top, bottom = turned
    walls = [("wall", [wall]) for wall in (left, right, front, back)]
    return [*walls, ("ceiling", [top]), ("floor", [bottom])]


def _sides(
    low: tuple[float, ...], high: tuple[float, ...], *, closed: bool = False
) -> list[Rectangle]:
    """Return the sides of a box seen from outside, without its bottom unless ``closed``."""
    a, b = np.array(low, np.float64), np.array(high, np.float64)
    x, y, z = np.diag(b - a)
    sides = [
        Rectangle(a, z, y), Rectangle(a + x, y, z), Rectangle(a, x, z), Rectangle(a + y, z, x),
        Rectangle(a + z, x, y), Rectangle(a, y, x),
    ]  # fmt: skip
    return sides if closed else sides[:-1]


def _hung(
    rng: np.random.Generator, width: float, depth: float
) -> list[tuple[str, list[Rectangle]]]:
    """Draw a door, a window with a curtain and a picture, flat before the walls."""
    x, y, z = np.eye(3)
    gap = 0.02
    at = rng.uniform(0.3, width - 1.3)
    door = Rectangle(np.array([at, gap, 0]), 2.0 * z, 0.9 * x)
    at = rng.uniform(0.4, width - 1.9)
    window = Rectangle(np.array([at, depth - gap, 0.9]), 1.2 * x, 1.1 * z)
    curtain = Rectangle(np.array([at + 1.25, depth - gap, 0.3]), 0.4 * x, 1.9 * z)
    at = rng.uniform(0.4, depth - 1.2)
    picture = Rectangle(np.array([gap, at, 1.3]), 0.8 * y, 0.6 * z)
    hung = {"door": door, "window": window, "curtain": curtain, "picture": picture}
    return [(kind, [rectangle]) for kind, rectangle in hung.items()]


def _furniture(
    rng: np.random.Generator, width: float, depth: float
) -> list[tuple[str, list[tuple[tuple[float, ...], tuple[float, ...]]]]]:
    """Draw pieces that stand along the walls, and a table with chairs in the middle."""
    tall = rng.uniform(1.5, 2.0)
    corner = (width - 0.4, 0.1)
    pieces = [
        ("bed", [_box(0.05, depth - 2.05, 1.4, 2.0, 0.0, 0.5)]),
        ("cabinet", [_box(corner[0] - 0.1, corner[1], 0.45, 0.9, 0.0, rng.uniform(0.8, 1.3))]),
        ("bookshelf", [_box(corner[0], corner[1] + 1.1, 0.35, 0.9, 0.0, tall)]),
    ]
    if rng.random() < 0.6:
        sofa = [_box(width - 0.9, depth - 1.8, 0.85, 1.6, 0.0, 0.4)]
        pieces.append(("couch", [*sofa, _box(width - 0.25, depth - 1.8, 0.2, 1.6, 0.4, 0.8)]))
    x, y = width / 2 - 0.6 + rng.uniform(-0.1, 0.1), depth / 2 - 0.8 + rng.uniform(-0.1, 0.1)
    kind = "table" if rng.random() < 0.7 else "desk"
    pieces.append((kind, [_box(x, y, 1.2, 0.7, 0.7, 0.75), *_legs(x, y, (1.2, 0.7), 0.7)]))
    for number in range(int(rng.integers(1, 4))):
        at = x + 0.45 * number
        seat = _box(at, y - 0.6, 0.4, 0.4, 0.42, 0.46)
        back = _box(at, y - 0.64, 0.4, 0.04, 0.46, 0.9)
        pieces.append(("chair", [seat, back, *_legs(at, y - 0.6, (0.4, 0.4), 0.42)]))
    return pieces


def _box(
    x: float, y: float, width: float, depth: float, low: float, high: float
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    return (x, y, low), (x + width, y + depth, high)


def _legs(
    x: float, y: float, size: tuple[float, float], height: float
) -> list[tuple[tuple[float, ...], tuple[float, ...]]]:
    ends = [(x + i * (size[0] - 0.05), y + j * (size[1] - 0.05)) for i in (0, 1) for j in (0, 1)]
    return [_box(a, b, 0.05, 0.05, 0.0, height) for a, b in ends]


def _mesh(things: list[tuple[str, list[Rectangle]]], rng: np.random.Generator) -> SyntheticRoom:
    points, faces, thing, colour = [], [], [], []
    surface: list[NDArray[np.int64]] = []
    total = 0
    for number, (kind, rectangles) in enumerate(things):
        base = np.array(COLOURS[kind]) + rng.normal(0, 12, 3)
        for rectangle in rectangles:
            grid, triangles = _grid(rectangle)
            points.append(grid)
            faces.append(triangles + total)
            thing.append(np.full(len(grid), number))
            surface.append(np.full(len(grid), len(surface)))
            colour.append(base + rng.normal(0, 6, (len(grid), 3)))
            total += len(grid)
    cloud = np.concatenate(points)
    return SyntheticRoom(
        points=cloud + rng.normal(0, NOISE, cloud.shape),
        colour=np.clip(np.round(np.concatenate(colour)), 0, 255).astype(np.uint8),
        faces=np.concatenate(faces),
        thing=np.concatenate(thing),
        surface=np.concatenate(surface),
        kinds=[kind for kind, _ in things],
    )


def _grid(rectangle: Rectangle) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the vertices (n, 3) of a rectangle and its triangles (f, 3)."""
    corner, across, along = rectangle
    rows, columns = (
        max(2, 1 + round(float(np.linalg.norm(side)) / SPACING)) for side in (across, along)
    )
    u, v = np.meshgrid(np.linspace(0, 1, rows), np.linspace(0, 1, columns), indexing="ij")
    points = corner + u.reshape(-1, 1) * across + v.reshape(-1, 1) * along
    first = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)).ravel()
    lower = np.stack([first, first + columns, first + columns + 1], 1)
    upper = np.stack([first, first + columns + 1, first + 1], 1)
    return points, np.concatenate([lower, upper])
