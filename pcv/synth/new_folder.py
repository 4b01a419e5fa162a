"""The folder that a synthesis fills."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pcv.errors import InputError, disk_errors
from pcv.whole import vacant


@contextmanager
def new_folder(out: Path) -> Iterator[None]:
    """Make a folder, and say in one line what the disk refuses while it is filled.

    Args:
        out: New or empty.

    Raises:
        InputError: It holds something, or cannot be written.
        PcvError: The disk is full.
    """
    with disk_errors(out):
        if not vacant(out):
            raise InputError(f"{out}: holds something already; give a new or empty folder")
        out.mkdir(parents=True, exist_ok=True)
        yield
