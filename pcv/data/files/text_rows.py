"""Rows of numbers in a text file: separated by spaces, commas or semicolons."""

from __future__ import annotations

import re
from pathlib import Path

from pcv.data.files.checked import read_bytes
from pcv.errors import RawFileError

DECIMAL = re.compile(r"[+-]?(\d+(,\d*)?|,\d+)([eE][+-]?\d+)?")  # with a comma, as in 0,5
PADDED = re.compile(r"[+-]?0\d+|-0")  # no whole number is written so: it is a part of one
ADVICE = "write decimal points, and one space between numbers"


def read_rows(path: Path) -> list[list[str]]:  # lines of words
    """Read the words of every line; what follows ``#`` or ``//`` is left out, and empty lines are.

    Where numbers are separated by spaces or semicolons, a comma in them is a decimal one.

    Raises:
        RawFileError: The file cannot be read, or its commas may be decimal or separate numbers.
    """
    text = read_bytes(path).decode("utf-8-sig", "replace")
    lines = [re.split("#|//", line, maxsplit=1)[0].strip() for line in text.splitlines()]
    lines = [line for line in lines if line]
    if "," not in text and ";" not in text:
        return [line.split() for line in lines]
    pointed = any("." in line for line in lines)
    rows, kinds = [], set()
    for line in lines:
        words, decimal = _words(path, line.rstrip(",; "), pointed)
        rows.append(words)
        kinds |= {decimal} if "," in line else set()
    if len(kinds) > 1:
        raise RawFileError(path, "commas are decimal in some lines, but separate in others", ADVICE)
    return rows


def _words(path: Path, line: str, pointed: bool) -> tuple[list[str], bool]:
    """Return the words of a line, and whether commas are decimal in it."""
    beside = re.search(r",\s|\s,", line)
    words = re.split(r"\s*;\s*|\s+", line) if not beside or ";" in line else [line]
    if "," not in line or len(words) > 1:
        if "," not in line:
            return words, False
        if pointed or not all(DECIMAL.fullmatch(word) for word in words):
            raise RawFileError(path, f"has commas inside numbers: {_short(line)}", ADVICE)
        return [word.replace(",", ".") for word in words], True
    words = line.replace(",", " ").split()
    inside = beside and re.search(r"\d,\d", line)
    if inside or (not pointed and any(PADDED.fullmatch(word) for word in words)):
        raise RawFileError(
            path, f"has commas that may be decimal or separate: {_short(line)}", ADVICE
        )
    return words, False


def _short(line: str) -> str:
    return ascii(line[:40])[1:-1]
