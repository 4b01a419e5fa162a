"""Telling that memory ran out, which Python, NumPy, torch and the system each say in their way."""

from __future__ import annotations

import errno
import re

from pcv.errors import one_line

SAID = re.compile(
    r"not enough memory|can't allocate memory|cannot allocate memory|out of memory|"
    r"storage size calculation overflowed|std::bad_alloc",
    re.IGNORECASE,
)
AMOUNT = re.compile(r"to allocate (\d[\d.]* ?\w+)", re.IGNORECASE)
ADVICE = (
    "make the input or the recipe smaller (train.batch, data.points, data.frames, the sizes of the "
    "model), use fewer --jobs, or free memory"
)


def out_of_memory(error: BaseException) -> str | None:
    """Return one line on memory that could not be had; None if the error is about another thing.

    Args:
        error: A ``MemoryError``, an ``OSError``, torch's ``RuntimeError``, or any other.
    """
    text = one_line(error)
    lacks = isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError) and SAID.search(text) is not None
    )
    if not lacks and not (isinstance(error, OSError) and error.errno == errno.ENOMEM):
        return None
    found = AMOUNT.search(text)
    amount = f"{found[1]} could not be allocated" if found else text[:200] or "an allocation failed"
    return f"out of memory: {amount}; {ADVICE}"
