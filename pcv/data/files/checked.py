"""Checks that every file of points or depth must pass before its content is used."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pcv.errors import RawFileError
from pcv.regular_file import open_regular

# A header that says more is damaged: nothing of that size is ever allocated.
MOST_FRAMES = 100_000  # an hour at 30 Hz
MOST_PIXELS = 4096 * 4096


def read_bytes(path: Path) -> bytes:
    """Return the bytes of a file.

    Raises:
        RawFileError: The file cannot be read.
    """
    try:
        with open_regular(path) as file:
            return file.read()
    except OSError as error:
        raise RawFileError(path, f"cannot be read: {error.strerror}", "check the path") from None


def check_finite(
    path: Path,
    points: NDArray[np.floating],  # (n, 3)
    advice: str = "remove them from the file",
) -> None:
    """Refuse points with a coordinate that is NaN or infinite.

    Raises:
        RawFileError: Some points are not finite; the message says how many.
    """
    wrong = int((~np.isfinite(points)).any(axis=1).sum())
    if wrong:
        raise RawFileError(path, f"{wrong} of {len(points)} points are not finite", advice)
