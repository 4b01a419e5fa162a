"""Which points of a scene a clip holds: nothing but arithmetic with indices."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pcv.config.data import RegionConfig


class Part(NamedTuple):
    """Points of a scene that are shown to a network together."""

    rows: NDArray[np.int64]  # (n,) in the scene, ascending
    own: NDArray[np.bool_]  # (n,) whether a point's label counts here; the others are context


def spaced(
    points: NDArray[np.float32],  # (n, 3), the first ``ordered`` of them in farthest-point order
    ordered: int,
    spacing: float,
) -> int:
    """Return how many first points of a scene keep a distance of ``spacing`` from each other.

    In farthest-point order the distance of a point to all before it never grows, so that a binary
    search finds the number. Points beyond ``ordered`` are left out.
    """
    low, high = 1, min(ordered, len(points))
    while low < high:
        middle = (low + high + 1) // 2
        gap = points[: middle - 1] - points[middle - 1]
        if float(np.einsum("ij,ij->i", gap, gap).min()) >= spacing * spacing:
            low = middle
        else:
            high = middle - 1
    return low


def draw_region(
    points: NDArray[np.float32],  # (n, 3)
    count: int,
    config: RegionConfig,
    rng: np.random.Generator,
    marked: NDArray[np.int64] | None = None,  # (m,) indices
) -> NDArray[np.int64]:  # (count,) ascending
    """Draw the points nearest to a random one, and thin them to ``count``.

    Where some points are ``marked``, one of them is the middle, and thinning keeps them.

    Order is kept, so that a region thinned to its first points is itself evenly spaced. A region
    within a radius that holds fewer points than ``count`` is filled up with the next nearest.

    Raises:
        ValueError: The scene has fewer than ``count`` points.
    """
    total = len(points)
    if total < count:
        raise ValueError(f"the scene has {total} points, a region needs {count}")
    middle = rng.integers(total) if marked is None else rng.choice(marked)
    gap = points - points[middle]
    distance = np.einsum("ij,ij->i", gap, gap)
    wanted = max(count, round(config.share * total))
    if config.radius:
        wanted = max(count, int((distance <= config.radius**2).sum()))
    near = np.arange(total)
    if wanted < total:
        near = np.sort(np.argpartition(distance, wanted - 1)[:wanted])
    if wanted == count:
        return near
    spared = np.isin(near, marked) if marked is not None else np.zeros(len(near), bool)
    # Smallest first: marked points, then the others by chance, or in the order of the scene.
    key = rng.random(len(near)) if config.thin == "random" else np.arange(len(near), dtype=float)
    return np.sort(near[np.argsort(np.where(spared, -1, key), kind="stable")[:count]])


def parts_of(
    points: NDArray[np.float32],  # (n, 3)
    size: int,
    context: float = 0.5,
) -> list[Part]:
    """Cut a scene into parts of ``size`` points such that each point is exactly one part's own.

    The scene is halved along its widest axis until a part's own points are at most a share of
    1 - ``context`` of ``size``. The nearest other points fill it up, so that its own points have
    neighbours on all sides. A scene of at most ``size`` points is a single part.
    """
    if len(points) <= size:
        return [Part(np.arange(len(points)), np.ones(len(points), bool))]
    most = max(1, round(size * (1 - context)))
    todo, done = [np.arange(len(points))], []
    while todo:
        cell = todo.pop()
        if len(cell) <= most:
            done.append(_with_context(points, cell, size))
            continue
        axis = np.ptp(points[cell], axis=0).argmax()
        order = np.argsort(points[cell, axis], kind="stable")
        todo += [np.sort(cell[order[len(cell) // 2 :]]), np.sort(cell[order[: len(cell) // 2]])]
    return done


def _with_context(points: NDArray[np.float32], cell: NDArray[np.int64], size: int) -> Part:
    """Return a cell's points together with those nearest to its box."""
    low, high = points[cell].min(0), points[cell].max(0)
    gap = np.maximum(np.maximum(low - points, points - high), 0)
    distance = np.einsum("ij,ij->i", gap, gap)
    distance[cell] = -1
    index = np.sort(np.argpartition(distance, size - 1)[:size])
    return Part(index, np.isin(index, cell))
