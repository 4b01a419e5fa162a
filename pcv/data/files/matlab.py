"""Arrays of numbers in a MATLAB 5 file, whose tags are checked before they are followed.

``scipy.io.loadmat`` looks a value's type up by a number from the file without checking it, so one
damaged byte ends the whole process instead of raising; and it inflates ten times as slowly.
Layout: MathWorks, "MAT-File Format", chapter 1.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from zlib_ng import zlib_ng

from pcv.regular_file import open_regular

FILE_HEADER = 128
MATRIX, COMPRESSED = 14, 15
FLAGS, DIMENSIONS = 6, 5  # the types that these elements of a matrix have: uint32 and int32
COMPLEX, LOGICAL = 0x0800, 0x0200
CLASSES = range(6, 14)  # double, single, and integers of at most 32 bits
TYPES = {
    1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8",
}  # fmt: skip
TAG = 8  # bytes
ByteOrder = Literal["<", ">"]
DAMAGE: type[Exception] = zlib_ng.error  # type: ignore[assignment]  # its stub says variable
HEAD = 4096  # bytes that surely hold a matrix's flags, dimensions and name
DENSEST = 1032  # deflate cannot shrink anything further
PADDING = 8  # bytes, at most, that follow the values of a matrix
MOST_BYTES = 1 << 30  # of values: a recording takes a tenth of that, and 3 MB can inflate to more


class OversizedError(ValueError):
    """A variable would take more memory than a recording can need; it must not be inflated."""


class Tag(NamedTuple):
    """What precedes the data of an element."""

    kind: int
    size: int  # bytes of data
    start: int  # where the data begins
    stop: int  # where the next tag begins


class Variable(NamedTuple):
    """An array of numbers in a file, whose header passed the checks."""

    shape: tuple[int, ...]
    stored: np.dtype[Any]  # type of the values, at times smaller than the class MATLAB shows
    start: int  # first byte of the values, from the start of the matrix
    room: int  # bytes of the matrix
    offset: int  # first byte of the element in the file
    size: int  # bytes of the element in the file
    compressed: bool


def check_array(path: Path, name: str) -> tuple[int, ...]:
    """Make sure that ``name`` in ``path`` is a real array that is as long as its shape says.

    Reads a few kilobytes, where scipy's list of variables inflates all of them.

    Returns:
        The shape.

    Raises:
        ValueError: There is no such variable, it is not an array of numbers, a tag is wrong, or
            values are missing.
        OSError: The file cannot be read.
    """
    with open_regular(path) as file:
        return _find(file, name).shape


def read_array(path: Path, name: str) -> NDArray[Any]:
    """Read an array of numbers in the type that its values are stored in.

    Returns:
        The array, of the shape (...,) that ``check_array`` returns, in Fortran order.

    Raises:
        ValueError: As for ``check_array``, or the values are damaged.
        OSError: The file cannot be read.
    """
    with open_regular(path) as file:
        found = _find(file, name)
        file.seek(found.offset)
        data = file.read(found.size)
    if found.compressed:
        data = _inflate(data, TAG + found.room)
    count = math.prod(found.shape)
    start = found.start + (TAG if found.compressed else 0)
    values = np.frombuffer(data, found.stored, count, start)
    return values.astype(found.stored.newbyteorder("="), copy=False).reshape(found.shape, order="F")


def _inflate(data: bytes, wanted: int) -> bytes:
    """Inflate a variable, and never more of it than it says."""
    stream = zlib_ng.decompressobj()
    try:
        found = stream.decompress(data, wanted + 1)
    except DAMAGE as error:
        raise ValueError(f"damaged compression: {error}") from None
    if len(found) <= wanted and not stream.eof:
        raise ValueError("damaged compression: incomplete or truncated stream")
    if len(found) != wanted:
        raise ValueError("a compressed variable is longer or shorter than it says")
    return found


def _find(file: BinaryIO, name: str) -> Variable:
    order: ByteOrder = ">" if file.read(FILE_HEADER)[126:128] == b"MI" else "<"
    try:
        for element in _matrices(file, order):
            found = _check_matrix(element, order, name)
            if found is not None:
                return found
    except struct.error:
        raise ValueError("a variable ends in its header") from None
    raise ValueError(f"there is no {name}")


class _Element(NamedTuple):
    """A matrix in the file, of which only the first bytes were read."""

    head: bytes
    room: int  # bytes of the whole matrix
    offset: int  # first byte of the element in the file
    size: int  # bytes of the element in the file
    compressed: bool


def _matrices(file: BinaryIO, order: ByteOrder) -> Iterator[_Element]:
    end = file.seek(0, 2)
    at = FILE_HEADER
    while at + TAG <= end:
        file.seek(at)
        kind, size = struct.unpack(order + "II", file.read(TAG))
        if at + TAG + size > end:
            raise ValueError("the file ends within a variable")
        head = file.read(min(size, HEAD))
        if kind == COMPRESSED:
            yield _Element(*_inflated(head, size, order), at + TAG, size, True)
        elif kind == MATRIX:
            yield _Element(head, size, at + TAG, size, False)
        at += TAG + size


def _inflated(head: bytes, size: int, order: ByteOrder) -> tuple[bytes, int]:
    try:
        inner = zlib_ng.decompressobj().decompress(head, HEAD)
    except DAMAGE as error:
        raise ValueError(f"damaged compression: {error}") from None
    kind, room = struct.unpack_from(order + "II", inner)
    if kind != MATRIX:
        raise ValueError("a compressed variable is not a matrix")
    if room > size * DENSEST:
        raise OversizedError("a compressed variable claims an impossible size")
    return inner[TAG:], room


def _check_matrix(element: _Element, order: ByteOrder, name: str) -> Variable | None:
    """Return the variable if its name is ``name``; raise ValueError if it then is damaged."""
    head = element.head
    flags = _tag(head, 0, order)
    shape = _tag(head, flags.stop, order)
    title = _tag(head, shape.stop, order)
    if head[title.start : title.start + title.size] != name.encode():
        return None
    if (flags.kind, flags.size, shape.kind) != (FLAGS, 8, DIMENSIONS):
        raise ValueError("wrong types in a variable's header")
    (bits,) = struct.unpack_from(order + "I", head, flags.start)
    if bits & COMPLEX:
        raise ValueError("its numbers are complex")
    if bits & LOGICAL or bits & 0xFF not in CLASSES:
        raise ValueError("not an array of numbers")
    values = _tag(head, title.stop, order)
    extents = struct.unpack_from(f"{order}{shape.size // 4}i", head, shape.start)
    count = math.prod(extents)
    if values.kind not in TYPES:
        raise ValueError(f"values of unknown type {values.kind}")
    stored = np.dtype(TYPES[values.kind]).newbyteorder(order)
    if values.size != count * stored.itemsize or values.start + values.size > element.room:
        raise ValueError(f"{values.size} bytes of values for {count} numbers")
    _check_size(element, values)
    return Variable(extents, stored, values.start, *element[1:])


def _check_size(element: _Element, values: Tag) -> None:
    if values.size > MOST_BYTES:
        raise OversizedError(f"{values.size} bytes of values, more than {MOST_BYTES}")
    if element.room - (values.start + values.size) > PADDING:
        raise OversizedError(f"a matrix of {element.room} bytes, of which {values.size} are values")


def _tag(data: bytes, at: int, order: ByteOrder) -> Tag:
    first, size = struct.unpack_from(order + "II", data, at)
    if first >> 16:  # small: size and type share a word, up to four bytes of data follow
        if first >> 16 > 4:
            raise ValueError(f"a small element of {first >> 16} bytes")
        return Tag(first & 0xFFFF, first >> 16, at + 4, at + 8)
    return Tag(first, size, at + 8, at + 8 + -(-size // 8) * 8)
