"""Options of posed recordings that are written as texts."""

from __future__ import annotations

import math
from typing import Annotated

from pydantic import Field

from pcv.data.raw.marks import Named, Noted, Text
from pcv.data.raw.words import numbers, split_names

MOST = 4096  # rows, and columns, of the images kept


def parse_size(text: str) -> tuple[int, int]:
    """Read rows and columns such as ``240,320``.

    Raises:
        ValueError: It is another text.
    """
    rows, columns = _positive(text, 2)
    if not (rows == int(rows) <= MOST and columns == int(columns) <= MOST):
        raise ValueError
    return int(rows), int(columns)


def parse_pinhole(text: str) -> tuple[float, ...]:
    """Read four positive numbers such as ``585,585,320,240``.

    Raises:
        ValueError: It is another text.
    """
    return _positive(text, 4)


def read_pinhole(text: str) -> tuple[float, ...]:
    """Read ``585,585,320,240``, whatever brackets are around it.

    Raises:
        ValueError: It is another text.
    """
    found = tuple(numbers(text))
    if len(found) != 4 or min(found[:2]) <= 0:
        raise ValueError("expected FX,FY,CX,CY in pixels")
    return found


def _positive(text: str, count: int) -> tuple[float, ...]:
    found = tuple(float(word) for word in text.split(","))
    if len(found) != count or not all(0 < value < math.inf for value in found):
        raise ValueError
    return found


Recordings = Annotated[tuple[str, ...], Text("A,B", split_names)]
Size = Annotated[
    tuple[int, int] | None,
    Field(description="Size of the images kept; default: that of the depth."),
    Named("image"),
    Text("ROWS,COLUMNS", parse_size, "rows and columns such as 240,320"),
]
Pinhole = Annotated[
    tuple[float, float, float, float] | None,
    Field(description="Camera in pixels, instead of the recordings' own."),
    Text("FX,FY,CX,CY", parse_pinhole, "pixels such as 585,585,320,240"),
    Noted(none="as recorded", read=read_pinhole),
]
