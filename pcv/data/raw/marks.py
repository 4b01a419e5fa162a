"""Marks on the fields of a reader: they say what type, bounds, default and description do not.

A reader states every option once, as a field of its class. A field with a description is an option
of ``pcv prepare``; a mark gives it another name, or says how its value is written as text.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

Focal = Annotated[float, Field(ge=1.0, description="Focal length in pixels.")]
Unit = Annotated[float, Field(ge=1e-9, description="Metres per unit of depth.")]
Frames = Annotated[
    int, Field(ge=0, description="Frames kept of each recording, evenly spread; 0: all of them.")
]


@dataclass(frozen=True)
class Named:
    """The option of ``pcv prepare`` has another name than its field."""

    option: str


class Choice:
    """An option can have only these values."""

    def __init__(self, *values: int | str) -> None:
        self.values = values

    def __str__(self) -> str:
        *most, last = map(str, self.values)
        return f"{', '.join(most)} or {last}"


@dataclass(frozen=True)
class Text:
    """``pcv prepare`` takes the value as text.

    Attributes:
        metavar: Stands for the text in the help, such as ``FX,FY,CX,CY``.
        parse: Makes the value of the text; raises ValueError where it cannot.
        expected: Says in the error what was expected, such as ``pixels such as 585``.
    """

    metavar: str
    parse: Callable[[str], Any]
    expected: str = ""


@dataclass(frozen=True)
class Flag:
    """One option of ``pcv prepare``."""

    name: str  # without the dashes
    help: str
    metavar: str | None = None
    type: Any = str
    default: Any = ""  # Ellipsis: it must be given
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Parts:
    """``pcv prepare`` takes the value as several texts.

    Attributes:
        flags: One option per text; where the first is not given, the field has its default.
        parse: Makes the value of all the texts; raises ValueError where it cannot.
        expected: Says in the error what was expected.
    """

    flags: tuple[Flag, ...]
    parse: Callable[..., Any]
    expected: str


@dataclass(frozen=True)
class Noted:
    """How a store notes a value, and how ``pcv predict --read KEY=VALUE`` takes it.

    Attributes:
        key: The name in the notes and for ``--read``; empty: the field's name.
        none: The word that stands for None.
        read: Makes a value of a text; raises ValueError with what it expected.
        write: Makes the note of a value.
    """

    key: str = ""
    none: str = "none"
    read: Callable[[str], Any] | None = None
    write: Callable[[Any], str] | None = None
