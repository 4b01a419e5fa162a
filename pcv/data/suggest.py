"""A radius and a frame interval that suit a store, measured from its own points."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pcv.data.store.store import Store

POINTS = 1024  # first points of a frame, at most, whose spacing is measured
VIDEOS, FRAMES = 16, 4  # how many videos are measured, and how many frames of each
SPACINGS = 5.6  # per radius: as in PSTNet's 0.15 m for people, measured on UTD-MHAD
MOVED = 0.7  # spacings per interval, at least: on UTD-MHAD (30 frames per second) two frames
QUERIES = 256  # points of a frame whose motion is measured
SAME = 1e-9  # square metres: two points that are closer have one position
FAST = 90  # percentile of the points' motion that counts as that of the moving ones
INTERVALS = (1, 2, 3, 4, 6, 8)
CLIP = 24  # frames


class Suggestion(NamedTuple):
    """What to set, and what was measured, in metres and frames."""

    spacing: float  # from a point to its nearest neighbour among the first ``points``
    points: int
    radius: float
    motion: float  # of the faster points, from one frame to the next
    interval: int


def suggest(store: Store) -> Suggestion:
    """Measure some frames of some videos.

    The radius is a multiple of the spacing of the first points of a frame. The interval is the
    smallest at which the faster points move most of a spacing between two frames of a clip, as
    long as 24 such frames fit into half of the videos.
    """
    rows = np.unique(np.linspace(0, len(store) - 1, VIDEOS).astype(int))
    count = min(POINTS, store.points)
    spacings, motion = [], {interval: [0.0][:0] for interval in INTERVALS}
    for video in rows:
        length = int(store.videos.length[video])
        for start in np.unique(np.linspace(0, length - 1, FRAMES).astype(int)):
            frame = store.read(video, np.array([start]), store.points)[0]
            spacings.append(_spacing(frame[:count]))
            for interval in INTERVALS:
                if start + interval < length:
                    later = store.read(video, np.array([start + interval]), count)[0]
                    motion[interval].append(_motion(frame, later))
    spacing = float(np.median(spacings))
    moved = {k: float(np.median(values)) for k, values in motion.items() if values}
    room = float(np.median(store.videos.length))
    fits = [k for k in moved if k == 1 or k * (CLIP - 1) + 1 <= room]
    enough = [k for k in fits if moved[k] >= MOVED * spacing]
    interval = min(enough) if enough else max(fits, default=1)
    return Suggestion(spacing, count, _round(SPACINGS * spacing), moved.get(1, 0.0), interval)


def suggestion_lines(found: Suggestion) -> list[str]:
    """Return the suggestion as two lines of text."""
    return [
        f"radius: {found.radius:g} m suggested for encoder.radius ({SPACINGS:g} times the "
        f"{found.spacing:.3g} m from one of the first {found.points} points to the next)",
        f"frame interval: {found.interval} suggested for data.interval (the faster tenth of the "
        f"points moves {found.motion:.3g} m per frame)",
    ]


def _spacing(points: NDArray[np.float32]) -> float:
    distinct = np.unique(points, axis=0)
    if len(distinct) < 2:
        return 0.0
    return float(np.sqrt(np.median(_to_others(distinct, distinct))))


def _motion(frame: NDArray[np.float32], later: NDArray[np.float32]) -> float:
    """Return how far a later frame's faster points are from this one, beyond its own spacing."""
    between = np.percentile(_squares(later[:QUERIES], frame).min(axis=1), FAST)
    within = np.percentile(_to_others(frame[:QUERIES], frame), FAST)
    return float(np.sqrt(max(between - within / 2, 0)))


def _to_others(
    points: NDArray[np.float32], frame: NDArray[np.float32]
) -> NDArray[np.float64]:  # (len(points),) squared, to the nearest position but its own
    squares = _squares(points, frame)
    return np.where(squares < SAME, np.inf, squares).min(axis=1)


def _squares(
    points: NDArray[np.float32], frame: NDArray[np.float32]
) -> NDArray[np.float64]:  # (len(points), len(frame))
    a, b = points.astype(np.float64), frame.astype(np.float64)
    return (a**2).sum(1)[:, None] + (b**2).sum(1) - 2 * a @ b.T


def _round(value: float) -> float:
    return float(f"{value:.2g}")
