"""Values of options, read from the words that a store noted or a user gives."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

NUMBER = re.compile(r"-?\d+(?:\.\d*)?(?:e[-+]?\d+)?")
WHOLE = re.compile(r"-?\d{1,9}(\.0)?")


def number(text: str, low: float | None = None) -> float:
    """Read a finite number; where the least value allowed is positive, so must the number be.

    Raises:
        ValueError: It is another text.
    """
    value = float(text)
    if low is not None and low > 0 and not 0 < value < math.inf:
        raise ValueError("expected a positive number")
    if not math.isfinite(value):
        raise ValueError("expected a number")
    return value


def whole(text: str, low: float | None = None) -> int:
    """Read a whole number; where the least value allowed is 0 or 1, it is checked.

    Raises:
        ValueError: It is another text.
    """
    if not WHOLE.fullmatch(text) or (text[0] == "-" and low is not None and low >= 0):
        raise ValueError("expected a whole number")
    value = int(float(text))
    if not value and low is not None and low > 0:
        raise ValueError("expected a positive number")
    return value


def switch(text: str, low: float | None = None) -> bool:
    """Read true or false.

    Raises:
        ValueError: It is another text.
    """
    if text.lower() not in ("true", "false"):
        raise ValueError("expected true or false")
    return text.lower() == "true"


def numbers(text: str) -> list[float]:
    """Return all numbers in a text, whatever brackets and commas are between them."""
    return [float(word) for word in NUMBER.findall(text)]


def split_names(text: str) -> tuple[str, ...]:
    """Return the names in a text of names with commas between them."""
    return tuple(word for word in text.split(",") if word)


def read_centre(text: str) -> tuple[float, float]:
    """Read two numbers, whatever brackets are around them.

    Raises:
        ValueError: It is another text.
    """
    found = numbers(text)
    if len(found) != 2:
        raise ValueError("expected two numbers, or image")
    return found[0], found[1]


def note_centre(centre: tuple[float, float]) -> str:
    """Return what ``read_centre`` reads."""
    return f"{centre[0]} {centre[1]}"


READ: dict[Any, Callable[[str, float | None], Any]] = {
    float: number,
    int: whole,
    bool: switch,
    str: lambda text, _: text,
    Path: lambda text, _: Path(text),
}
