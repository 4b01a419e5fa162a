"""Points put back where their recording lay, if it lay far from zero."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pcv.data.memory_store import MemoryStore
from pcv.data.store.store import Store


def put_back(
    store: Store,
    row: int,
    points: NDArray[np.float32],  # (n, 3) metres
) -> NDArray[Any]:  # (n, 3)
    """Add what was subtracted from the points of a recording when it was read.

    Args:
        store: The store that holds the recording.
        row: The row of the recording in the store's table.
        points: Some of its points.

    Returns:
        The points as they are where nothing was subtracted, else in float64, which far from zero
        is fine enough.
    """
    if isinstance(store, MemoryStore):
        shift = store.video.shift
    else:
        table = store.attributes["videos"].get("shift")
        shift = None if table is None else np.array(table[row], np.float64)
    return points if shift is None or not shift.any() else points + shift
