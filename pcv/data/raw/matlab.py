"""The tags of a MATLAB 5 file, checked before scipy follows them.

``scipy.io.loadmat`` looks a value's type up by a number from the file without checking it, so one
damaged byte ends the whole process instead of raising. Layout: MathWorks, "MAT-File Format",
chapter 1.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

FILE_HEADER = 128
MATRIX, COMPRESSED = 14, 15
FLAGS, DIMENSIONS = 6, 5  # the types that these elements of a matrix have: uint32 and int32
COMPLEX, LOGICAL = 0x0800, 0x0200
NUMBERS = range(6, 14)  # classes: double, single, and integers of at most 32 bits
SIZES = {
    1: 1,
    2: 1,
    3: 2,
    4: 2,
    5: 4,
    6: 4,
    7: 4,
    9: 8,
    12: 8,
    13: 8,
}  # bytes of a number by its type
HEAD = 4096  # bytes that surely hold a matrix's flags, dimensions and name
DENSEST = 1032  # deflate cannot shrink anything further


class Tag(NamedTuple):
    """What stands before an element's data."""

    kind: int
    size: int  # bytes of data
    start: int  # where the data begins
    stop: int  # where the next tag begins


def check_array(path: Path, name: str) -> tuple[int, ...]:
    """Make sure that ``name`` in ``path`` is a real array that is as long as its shape says.

    Reads a few kilobytes, where scipy's list of variables inflates all of them.

    Returns:
        The shape.

    Raises:
        ValueError: There is no such variable, it is no array of numbers, a tag is wrong, or values
            are missing.
        OSError: The file cannot be read.
    """
    with path.open("rb") as file:
        order = ">" if file.read(FILE_HEADER)[126:128] == b"MI" else "<"
        try:
            for head, room in _matrices(file, order):
                shape = _check_matrix(head, room, order, name)
                if shape is not None:
                    return shape
        except struct.error:
            raise ValueError("a variable ends in its header") from None
    raise ValueError(f"there is no {name}")


def _matrices(file: BinaryIO, order: str) -> Iterator[tuple[bytes, int]]:
    """Yield the first bytes of every variable and how many bytes it can have at most."""
    end = file.seek(0, 2)
    at = FILE_HEADER
    while at + 8 <= end:
        file.seek(at)
        kind, size = struct.unpack(order + "II", file.read(8))
        if at + 8 + size > end:
            raise ValueError("the file ends within a variable")
        head = file.read(min(size, HEAD))
        if kind == COMPRESSED:
            yield _inflated(head, size, order)
        elif kind == MATRIX:
            yield head, size
        at += 8 + size


def _inflated(head: bytes, size: int, order: str) -> tuple[bytes, int]:
    try:
        inner = zlib.decompressobj().decompress(head, HEAD)
    except zlib.error as error:
        raise ValueError(f"damaged compression: {error}") from None
    kind, room = struct.unpack_from(order + "II", inner)
    if kind != MATRIX or room > size * DENSEST:
        raise ValueError("a compressed variable is none or too large to be true")
    return inner[8:], room


def _check_matrix(head: bytes, room: int, order: str, name: str) -> tuple[int, ...] | None:
    """Return the shape if this is the variable; raise when it is, and damaged."""
    flags = _tag(head, 0, order)
    shape = _tag(head, flags.stop, order)
    title = _tag(head, shape.stop, order)
    if head[title.start : title.start + title.size] != name.encode():
        return None
    if (flags.kind, flags.size, shape.kind) != (FLAGS, 8, DIMENSIONS):
        raise ValueError("wrong types in a variable's header")
    (bits,) = struct.unpack_from(order + "I", head, flags.start)
    if bits & COMPLEX:
        raise ValueError("complex numbers")
    if bits & LOGICAL or bits & 0xFF not in NUMBERS:
        raise ValueError("no array of numbers")
    values = _tag(head, title.stop, order)
    extents = struct.unpack_from(f"{order}{shape.size // 4}i", head, shape.start)
    count = math.prod(extents)
    if values.kind not in SIZES:
        raise ValueError(f"values of unknown type {values.kind}")
    if values.size != count * SIZES[values.kind] or values.start + values.size > room:
        raise ValueError(f"{values.size} bytes of values for {count} numbers")
    return extents


def _tag(data: bytes, at: int, order: str) -> Tag:
    first, size = struct.unpack_from(order + "II", data, at)
    if first >> 16:  # small: size and type share a word, up to four bytes of data follow
        if first >> 16 > 4:
            raise ValueError(f"a small element of {first >> 16} bytes")
        return Tag(first & 0xFFFF, first >> 16, at + 4, at + 8)
    return Tag(first, size, at + 8, at + 8 + -(-size // 8) * 8)
