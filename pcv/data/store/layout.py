"""The arrays of a store: how they are cut into chunks and shards, and rows of them in memory."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pcv.clip import Column

CHUNK_FRAMES, CHUNK_POINTS, SHARD_FRAMES = 8, 512, 256
SCENE_CHUNK_POINTS = 1 << 15


class ArrayLayout(NamedTuple):
    """How arrays are cut into chunks, and how chunks are gathered in shards."""

    chunk_frames: int = CHUNK_FRAMES
    chunk_points: int = CHUNK_POINTS
    shard_frames: int = SHARD_FRAMES


def layout_of(attributes: dict[str, Any]) -> ArrayLayout:
    """Return the layout of a store with these attributes: a scene is a shard of its own.

    Where a scene has fewer than N points the rest stays empty, and an empty chunk takes no room.
    """
    return ArrayLayout(1, SCENE_CHUNK_POINTS, 1) if "ordered" in attributes else ArrayLayout()


class Rows(NamedTuple):
    """Consecutive rows of a store's arrays, in memory."""

    points: NDArray[Any]  # (rows, N, 3)
    sizes: NDArray[np.int32]  # (rows,) points of each frame, at most N
    columns: dict[str, NDArray[Any]]  # name: (rows, N, ...)

    @classmethod
    def zeros(cls, rows: int, points: int, dtype: str, columns: dict[str, Column]) -> Rows:
        """Return rows of zeros."""
        return cls(
            np.zeros((rows, points, 3), dtype),
            np.zeros(rows, np.int32),
            {name: np.zeros((rows, points, *c.shape), c.dtype) for name, c in columns.items()},
        )

    def since(self, row: int) -> Rows:
        """Return the rows from ``row`` on, which share their memory with these."""
        columns = {name: values[row:] for name, values in self.columns.items()}
        return Rows(self.points[row:], self.sizes[row:], columns)


def describe_columns(columns: dict[str, Column]) -> dict[str, Any]:
    """Return columns as a store's attributes hold them, JSON-able."""
    return {name: column._asdict() | {"shape": [*column.shape]} for name, column in columns.items()}


def read_columns(attributes: dict[str, Any]) -> dict[str, Column]:
    """Return the columns that ``describe_columns`` put into a store's attributes."""
    found: dict[str, Any] = attributes.get("columns", {})
    return {n: Column(c["dtype"], tuple(c["shape"]), c["padding"]) for n, c in found.items()}
