"""Posed images in a store, kept so that drawing some views of a video reads only those.

``view_colour`` (slots, H, W, 3) and ``view_depth`` (slots, H, W) hold one view per chunk.
``view_camera`` (slots, 3, 3), ``view_pose`` (slots, 4, 4) and ``view_frame`` (slots, 1) hold its
intrinsics, its pose and the number of its frame. A shard of each has ``SHARD_VIEWS`` slots. The
views of a video take consecutive slots from the start of a shard on: the video table has the first
as ``view_offset``, and their number as ``view_count``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pcv.clip import View
from pcv.data.store.shards import Contents, ShardReader
from pcv.errors import StoreError

SHARD_VIEWS = 16
VIEW_COLUMNS = ("view_offset", "view_count", "view_unit")  # of the video table


class ViewArrays(NamedTuple):
    """Some views of one video, as stored."""

    colour: NDArray[np.uint8]  # (V, H, W, 3)
    depth: NDArray[np.uint16]  # (V, H, W) in units of ``unit``, 0: none
    camera: NDArray[np.float64]  # (V, 3, 3) pixels, centres at +0.5
    pose: NDArray[np.float64]  # (V, 4, 4) world to camera, metres
    frame: NDArray[np.int64]  # (V, 1) number of the frame in the recording
    unit: float  # metres per unit of depth


class StoredViews:
    """The views of an open store; safe in worker processes."""

    def __init__(self, path: Path, attributes: dict[str, Any]) -> None:
        table, stored = attributes["videos"], attributes["views"]
        self.path = path
        self.size: tuple[int, int] = tuple(stored["image"])
        self.held_out: int = stored["held_out"]
        self.offset = np.array(table["view_offset"], np.int64)
        self.count = np.array(table["view_count"], np.int64)
        self.unit = np.array(table["view_unit"], np.float64)
        self.left_out: list[str] = attributes["dropped_frames"]
        contents = Contents(attributes["shards"], table["name"], self.offset)
        arrays = view_arrays(attributes, 1)
        self.readers = {name: ShardReader(path / name, contents) for name in arrays}

    def read(
        self,
        video: int,
        views: NDArray[np.int64],  # (V,)
    ) -> ViewArrays:
        """Read views of a video by their numbers, which start at 0.

        Raises:
            StoreError: The video has no such view, or a shard is damaged or missing.
        """
        if len(views) and not 0 <= views.min() <= views.max() < self.count[video]:
            raise StoreError(f"{self.path}: video {video} has only {self.count[video]} views")
        rows = self.offset[video] + views
        found = {n.removeprefix("view_"): r.read(rows, r.shape[1]) for n, r in self.readers.items()}
        return ViewArrays(**found, unit=float(self.unit[video]))

    def numbers(
        self, video: int, *, held_out: bool, every: int | None = None
    ) -> NDArray[np.int64]:  # (V,)
        """Return the numbers of the views that are held out for testing, or of the others.

        Args:
            video: Row of the video table.
            held_out: Whether to return the views that are held out, or the others.
            every: Hold out one of this many views; None: those that gave no points to the store.
        """
        every = self.held_out if every is None else every
        numbers = np.arange(self.count[video])
        chosen = numbers % every == every // 2 if every else np.zeros(len(numbers), bool)
        return numbers[chosen == held_out]

    def info(self) -> dict[str, Any]:
        """Return what the store holds of views, JSON-able."""
        return {
            "views": int(self.count.sum()),
            "views_a_video": {
                "min": int(self.count.min()),
                "median": float(np.median(self.count)),
                "max": int(self.count.max()),
            },
            "view_pixels": f"{self.size[1]} x {self.size[0]}",
            "views_held_out": f"every {self.held_out}th" if self.held_out else "none",
            "frames_left_out": self.left_out,
        }


def view_arrays(attributes: dict[str, Any], slots: int) -> dict[str, dict[str, Any]]:
    """Return shape, type, chunks and shards of every array of views; none for a store without."""
    if "views" not in attributes:
        return {}
    image = tuple(attributes["views"]["image"])
    kinds = {
        "view_colour": ("uint8", (*image, 3), 1),
        "view_depth": ("uint16", image, 1),
        "view_camera": ("float64", (3, 3), SHARD_VIEWS),
        "view_pose": ("float64", (4, 4), SHARD_VIEWS),
        "view_frame": ("int64", (1,), SHARD_VIEWS),
    }
    return {
        name: {
            "shape": (slots, *shape),
            "dtype": dtype,
            "chunks": (chunk, *shape),
            "shards": (SHARD_VIEWS, *shape),
        }
        for name, (dtype, shape, chunk) in kinds.items()
    }


def slots_of(views: int) -> int:
    """Return how many slots that many views of one video take: whole shards."""
    return -(-views // SHARD_VIEWS) * SHARD_VIEWS


def stack_views(views: Sequence[View]) -> dict[str, NDArray[Any]]:
    """Return the arrays (V, ...) that hold views, by name."""
    return {
        "view_colour": np.stack([view.colour for view in views]),
        "view_depth": np.stack([view.depth for view in views]),
        "view_camera": np.stack([view.intrinsics for view in views]),
        "view_pose": np.stack([view.world_to_camera for view in views]),
        "view_frame": np.array([[view.frame] for view in views], np.int64),
    }
