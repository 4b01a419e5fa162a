"""PLY clouds and meshes (Turk, 1994): ASCII, binary little-endian and big-endian."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pcv.data.files.checked import read_bytes
from pcv.data.files.cloud import EVERYTHING, Asked, Cloud, as_declared, from_fields
from pcv.errors import RawFileError

TYPES = {
    "char": "i1", "uchar": "u1", "short": "i2", "ushort": "u2", "int": "i4", "uint": "u4",
    "float": "f4", "double": "f8", "int8": "i1", "uint8": "u1", "int16": "i2", "uint16": "u2",
    "int32": "i4", "uint32": "u4", "int64": "i8", "uint64": "u8", "float32": "f4",
    "float64": "f8",
}  # fmt: skip
ORDER = {"binary_little_endian": "<", "binary_big_endian": ">", "ascii": "="}
FIRST_END = re.compile(rb"\r\n|\r|\n")
HEADER_END = (  # where lines end in LF or CRLF, and where they end in CR
    re.compile(rb"(?<=\n)end_header[ \t]*\r?\n"),
    re.compile(rb"(?<=\r)end_header[ \t]*\r"),
)
LONGEST_HEADER = 1 << 16


class PlyHeader(NamedTuple):
    """What precedes the vertices."""

    format: str
    vertices: int
    dtype: np.dtype[Any]  # of one vertex
    start: int  # byte at which the first vertex begins
    rest: list[list[str]]  # the words of the lines on what follows the vertices


class Faces(NamedTuple):
    """The faces that follow the vertices directly."""

    number: int = 0  # how many there are
    types: tuple[str, str] = ("u1", "i4")  # of a face's number of corners, and of a corner


class Mesh(NamedTuple):
    """Vertices and the triangles that join them."""

    cloud: Cloud
    faces: NDArray[np.int64]  # (f, 3) vertices of each; (0, 3) where the file has no faces


def read_ply(path: Path, asked: Asked = EVERYTHING) -> Cloud:
    """Read the vertices of a PLY file; other elements may follow them, and are not looked at.

    Raises:
        RawFileError: The file is not a PLY, truncated, or without vertices of x, y and z.
    """
    return read_mesh(path, faces=False, asked=asked).cloud


def read_mesh(path: Path, *, faces: bool = True, asked: Asked = EVERYTHING) -> Mesh:
    """Read the vertices of a PLY file, their normals, and the triangles that follow them.

    Raises:
        RawFileError: As for ``read_ply``; or a face is not a triangle of the file's vertices.
    """
    data = read_bytes(path)
    try:
        header = _header(data)
        body = data[header.start :]
        binary = header.format != "ascii"
        if not binary:
            body = body.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        fields = _binary(header, body) if binary else _ascii(header, body)
        corners, told = np.empty((0, 3), np.int64), _faces(header.rest) if faces else Faces()
        if told.number:
            read = _binary_faces if binary else _ascii_faces
            corners = read(header, told, body)
    except ValueError as error:
        raise RawFileError(path, f"cannot be read as PLY: {error}", "write it again") from None
    return Mesh(from_fields(path, fields, asked), corners)


def _header(data: bytes) -> PlyHeader:
    if not data.startswith(b"ply"):
        raise ValueError("it does not begin with ply")
    # Lines end as the first one does: after a lone CR, LF is the first byte of a vertex.
    first = FIRST_END.search(data)
    end = HEADER_END[first is not None and first[0] == b"\r"].search(data, 0, LONGEST_HEADER)
    if end is None:
        raise ValueError("its header has no end")
    text = data[: end.start()].decode("ascii", "replace")
    lines = [line.split() for line in text.splitlines()]
    kind = next((line[1] for line in lines if line[:1] == ["format"] and len(line) == 3), "")
    if kind not in ORDER:
        raise ValueError(f"format {kind or 'unknown'}, expected ascii or binary")
    starts = [i for i, line in enumerate(lines) if line[:1] == ["element"] and len(line) == 3]
    if not starts or lines[starts[0]][1] != "vertex":
        raise ValueError("its first element is not vertex")
    stop = starts[1] if len(starts) > 1 else len(lines)
    count = int(lines[starts[0]][2])
    dtype = _vertex(lines[starts[0] + 1 : stop], ORDER[kind])
    if count < 0:
        raise ValueError(f"its header says {count} vertices")
    return PlyHeader(kind, count, dtype, end.end(), lines[stop:])


def _faces(lines: list[list[str]]) -> Faces:
    """Return how many faces follow the vertices, and their types; skip other elements."""
    properties = [line for line in lines[1:] if line[:1] in (["property"], ["element"])]
    if not lines or lines[0][1] != "face" or not properties:
        return Faces()
    first = properties[0]
    alone = len(properties) == 1 or properties[1][0] == "element"
    if len(first) != 5 or first[1] != "list" or not alone or not {*first[2:4]} <= set(TYPES):
        raise ValueError(f"its faces have {' '.join(first)[:80]}, expected one list of vertices")
    return Faces(int(lines[0][2]), (TYPES[first[2]], TYPES[first[3]]))


def _vertex(lines: list[list[str]], order: str) -> np.dtype[Any]:
    fields = []
    for line in lines:
        if line[:1] != ["property"]:
            continue
        if len(line) != 3 or line[1] not in TYPES:
            raise ValueError(f"property {' '.join(line[1:])} has an unknown type")
        fields.append((line[2], order + TYPES[line[1]]))
    return np.dtype(fields)


def _binary(header: PlyHeader, body: bytes) -> dict[str, NDArray[Any]]:
    size = header.vertices * header.dtype.itemsize
    if len(body) < size:
        raise ValueError(f"{len(body)} bytes of vertices, its header says {size}")
    table = np.frombuffer(body[:size], header.dtype)
    return {name: table[name] for name in header.dtype.names or ()}


def _ascii(header: PlyHeader, body: bytes) -> dict[str, NDArray[Any]]:
    names = header.dtype.names or ()
    lines = body.split(b"\n", header.vertices)[: header.vertices]
    words = b" ".join(lines).split()
    if len(words) != header.vertices * len(names):
        raise ValueError(
            f"{len(words)} numbers for {header.vertices} vertices of {len(names)} properties"
        )
    table = np.array(words, np.float64).reshape(header.vertices, len(names))
    types = [header.dtype[name] for name in names]
    return {n: as_declared(table[:, i], types[i]) for i, n in enumerate(names)}


def _binary_faces(header: PlyHeader, faces: Faces, body: bytes) -> NDArray[np.int64]:  # (f, 3)
    order = ORDER[header.format]
    count, corner = (order + kind for kind in faces.types)
    face = np.dtype([("count", count), ("corners", corner, (3,))])
    start = header.vertices * header.dtype.itemsize
    size = faces.number * face.itemsize
    if len(body) - start < size:
        raise ValueError(f"{max(0, len(body) - start)} bytes of triangles, its header says {size}")
    table = np.frombuffer(body[start : start + size], face)
    return _triangles(table["count"], table["corners"], header)


def _ascii_faces(header: PlyHeader, faces: Faces, body: bytes) -> NDArray[np.int64]:  # (f, 3)
    lines = body.split(b"\n")[header.vertices : header.vertices + faces.number]
    words = b" ".join(lines).split()
    if len(words) != 4 * faces.number:
        raise ValueError(f"{len(words)} numbers for {faces.number} triangles")
    table = np.array(words, np.float64).reshape(faces.number, 4)
    return _triangles(table[:, 0], table[:, 1:], header)


def _triangles(
    count: NDArray[Any], corners: NDArray[Any], header: PlyHeader
) -> NDArray[np.int64]:  # (f, 3)
    if (count != 3).any():
        raise ValueError("a face is not a triangle")
    if not (corners.min() >= 0 and corners.max() < header.vertices):
        raise ValueError(f"a face has a vertex that is not among the {header.vertices}")
    return corners.astype(np.int64)
