"""PCD clouds of the Point Cloud Library, version 0.7: ASCII, binary and binary_compressed."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pcv.data.files.checked import read_bytes
from pcv.data.files.cloud import EVERYTHING, Asked, Cloud, as_declared, from_fields
from pcv.errors import RawFileError

LONGEST_HEADER = 1 << 16
MOST_BYTES = 1 << 30
KINDS = {"F": "f", "I": "i", "U": "u"}


def read_pcd(path: Path, asked: Asked = EVERYTHING) -> Cloud:
    """Read a PCD file.

    Raises:
        RawFileError: The file is not a PCD, truncated, damaged, or without x, y and z.
    """
    data = read_bytes(path)
    try:
        header, start = _header(data)
        fields = _read(header, data[start:])
    except (ValueError, KeyError, IndexError, TypeError, struct.error) as error:
        reason = f"no {error}" if isinstance(error, KeyError) else str(error)
        raise RawFileError(path, f"cannot be read as PCD: {reason}", "write it again") from None
    for packed in ("rgb", "rgba"):
        if packed in fields and asked.colour:
            bits = fields.pop(packed)
            bits = bits.view(np.uint32) if bits.dtype.itemsize == 4 else bits.astype(np.uint32)
            for name, shift in (("r", 16), ("g", 8), ("b", 0)):
                fields[name] = (bits >> shift & 255).astype(np.uint8)
    return from_fields(path, fields, asked)


def _header(data: bytes) -> tuple[dict[str, list[str]], int]:
    header: dict[str, list[str]] = {}
    at = 0
    while "DATA" not in header:
        end = data.find(b"\n", at, LONGEST_HEADER)
        if end < 0:
            raise ValueError("its header has no end")
        words = data[at:end].decode("ascii", "replace").split("#")[0].split()
        if words:
            header[words[0]] = words[1:]
        at = end + 1
    return header, at


def _read(header: dict[str, list[str]], body: bytes) -> dict[str, NDArray[Any]]:
    names, count = header["FIELDS"], int(header["POINTS"][0])
    each = [int(n) for n in header.get("COUNT", ["1"] * len(names))]
    kinds = zip(header["TYPE"], header["SIZE"], strict=True)
    types = [np.dtype(f"<{KINDS[kind.upper()]}{size}") for kind, size in kinds]
    if not len(names) == len(types) == len(each) or min(each) < 0 or count < 0:
        raise ValueError("its header lists other numbers of fields, types, sizes and counts")
    if count * sum(t.itemsize * n for t, n in zip(types, each, strict=True)) > MOST_BYTES:
        raise ValueError(f"its header says {count} points, too many for one frame")
    layout = [field for field in zip(names, types, each, strict=True) if field[2]]
    way = header["DATA"][0]
    if way == "ascii":
        return _ascii(layout, count, body)
    if way == "binary":
        return _binary(layout, count, body)
    if way == "binary_compressed":
        return _compressed(layout, count, body)
    raise ValueError(f"its data is {way}, expected ascii, binary or binary_compressed")


Fields = list[tuple[str, np.dtype[Any], int]]  # name, type and count per point


def _ascii(layout: Fields, count: int, body: bytes) -> dict[str, NDArray[Any]]:
    width = sum(each for _, _, each in layout)
    words = body.split()
    if len(words) != count * width:
        raise ValueError(f"{len(words)} numbers for {count} points of {width} numbers each")
    table = np.array(words, np.float64).reshape(count, width)
    fields, at = {}, 0
    for name, dtype, each in layout:
        column = table[:, at]
        # A packed colour is the text of a number whose four bytes are the colour.
        packed = name in ("rgb", "rgba")
        fields[name] = column.astype(dtype) if packed else as_declared(column, dtype)
        at += each
    return fields


def _binary(layout: Fields, count: int, body: bytes) -> dict[str, NDArray[Any]]:
    row = np.dtype([(f"{i}", dtype, each) for i, (_, dtype, each) in enumerate(layout)])
    if len(body) < count * row.itemsize:
        raise ValueError(f"{len(body)} bytes of points, its header says {count * row.itemsize}")
    table = np.frombuffer(body[: count * row.itemsize], row)
    return {
        name: np.ascontiguousarray(table[f"{i}"].reshape(count, each)[:, 0])
        for i, (name, _, each) in enumerate(layout)
    }


def _compressed(layout: Fields, count: int, body: bytes) -> dict[str, NDArray[Any]]:
    from pcv.kernels.lzf import unpack  # brings Numba, which takes long to import

    packed, size = struct.unpack_from("<II", body)
    wanted = count * sum(dtype.itemsize * each for _, dtype, each in layout)
    if size != wanted or len(body) < 8 + packed:
        raise ValueError(f"{len(body)} bytes that unpack to {size}, its header says {wanted}")
    out = np.empty(size, np.uint8)
    if unpack(np.frombuffer(body, np.uint8, packed, 8), out) != size:
        raise ValueError("damaged compression")
    fields, at = {}, 0
    for name, dtype, each in layout:  # field by field, each for all points
        stop = at + count * dtype.itemsize * each
        fields[name] = np.ascontiguousarray(out[at:stop].view(dtype).reshape(count, each)[:, 0])
        at = stop
    return fields
