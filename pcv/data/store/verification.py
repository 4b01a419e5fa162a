"""The check of a whole store: its files against their checksums, and the order of its points."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pcv.data.store.checksum import file_checksum
from pcv.errors import StoreError
from pcv.progress import Advance, Progress

if TYPE_CHECKING:
    from pcv.data.store.store import Store

SAMPLED, ORDERED = 20, 256  # videos of which a frame is checked, and how many of its points


def changed_files(store: Store, progress: Progress | None = None) -> list[str]:
    """Return a line for every file of a store that is missing or has another checksum."""
    problems = []
    expected: dict[str, str] = store.attributes["shards"]
    advance = Advance(progress, len(expected))
    for name, checksum in sorted(expected.items()):
        file = store.path / name
        if not file.is_file():
            problems.append(f"{name}: missing")
        elif file_checksum(file) != checksum:
            problems.append(f"{name}: its checksum changed since it was written")
        advance(text=name)
    return problems


def misordered_videos(store: Store) -> list[str]:
    """Return a line for each of some videos whose middle frame is not in farthest-point order."""
    from pcv.data.farthest_order import farthest_order  # numba takes long to import

    problems = []
    for video in range(0, len(store), max(1, len(store) // SAMPLED)):
        row = store.videos.offset[video] + store.videos.length[video] // 2
        # In steps: in metres, a step that is not a power of two would round distances again.
        stored = int(store.videos.sizes[video])
        try:
            cloud = store.reader.read(np.array([row]), stored)[0].astype(np.float32)
        except StoreError as error:
            problems.append(str(error))
            continue
        count = min(len(np.unique(cloud, axis=0)), ORDERED)
        if not np.array_equal(cloud[farthest_order(cloud, count)], cloud[:count]):
            problems.append(f"{store.videos.name[video]}: not in farthest-point order")
    return problems
