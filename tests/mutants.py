"""Damaged copies of files: cut short, with flipped bits, emptied, or with strange words in them."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from pcv.errors import PcvError

WORD = re.compile(rb"-?[\d.]+(?:e[-+]?\d+)?|[A-Za-z_]+")
STRANGE = (
    b"nan", b"inf", b"-inf", b"-1", b"1e999", b"1e308", b"9" * 30, b"9" * 5000, b"", b"x", b"\x00",
    b"\xff\xfe", "\u00b2".encode(), b"null", b"[]", b"{}", b"[0,1.5]", b'{"a":1}', b"true", b".5",
    b"1.5", b"- ", b'"', b"\n", b"2001-01-01", b"Infinity", b"NaN", b'"wall"',
    b"18446744073709551615", b"-9223372036854775809", b"65536",
)  # fmt: skip
NUMBERS = (np.nan, np.inf, -np.inf, 1e300, -1e300, 1e18, 0, -1, 1e-300)


def mutant(data: bytes, rng: np.random.Generator) -> bytes:
    """Return a damaged copy of a file."""
    kind = rng.integers(6)
    if kind == 0:
        return data[: rng.integers(len(data) + 1)]
    if kind == 1:
        flipped = bytearray(data)
        for at in rng.integers(len(data), size=rng.integers(1, 4)):
            flipped[at] ^= 1 << rng.integers(8)
        return bytes(flipped)
    if kind == 2:
        return b""
    for _ in range(rng.integers(1, 3)):
        words = [*WORD.finditer(data)]
        if words:
            word = words[rng.integers(len(words))]
            data = data[: word.start()] + STRANGE[rng.integers(len(STRANGE))] + data[word.end() :]
    return data


def mutant_numbers(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a copy of an array of which up to three numbers are strange."""
    values = values.astype(np.float64)
    if values.size:
        for at in rng.integers(values.size, size=rng.integers(1, 4)):
            values.flat[at] = NUMBERS[rng.integers(len(NUMBERS))]
    return values


def refusals(paths: list[Path], read: Callable[[], object], count: int) -> Iterator[str]:
    """Damage one of some files at a time, and read; yields what is said where it is refused.

    What is raised besides a ``PcvError`` is not caught.
    """
    rng = np.random.default_rng(0)
    kept = {path: path.read_bytes() for path in paths}
    for _ in range(count):
        path = paths[rng.integers(len(paths))]
        path.write_bytes(mutant(kept[path], rng))
        said = ""
        try:
            read()
        except PcvError as error:
            said = str(error)
        assert "\n" not in said
        if said:
            yield said
        path.write_bytes(kept[path])
