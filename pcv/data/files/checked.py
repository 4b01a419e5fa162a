"""What is checked of every file of points or depth before it is believed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pcv.errors import RawFileError

# Headers that say more are damaged: nothing of that size is ever allocated.
MOST_FRAMES = 100_000  # an hour at 30 Hz
MOST_PIXELS = 4096 * 4096


def read_bytes(path: Path) -> bytes:
    """Return what a file holds.

    Raises:
        RawFileError: It cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise RawFileError(path, f"cannot be read: {error.strerror}", "check the path") from None


def check_finite(
    path: Path, points: NDArray[np.floating], advice: str = "remove them from the file"
) -> None:
    """Refuse points with a coordinate that is NaN or infinite.

    Raises:
        RawFileError: There are such points; says how many.
    """
    wrong = int((~np.isfinite(points)).any(axis=1).sum())
    if wrong:
        raise RawFileError(path, f"{wrong} of {len(points)} points are not finite", advice)
