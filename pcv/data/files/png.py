"""PNG images, read with strict checks and every bit of their samples, also of 16-bit colour.

Depth comes as 16-bit PNG, in SYNTHIA even as 16-bit colour, of which common readers keep 8 bits.
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pcv.data.files.checked import MOST_PIXELS, read_bytes
from pcv.errors import RawFileError
from pcv.whole import whole_file

SIGNATURE = b"\x89PNG\r\n\x1a\n"
HEADER = struct.Struct(">IIBBBBB")  # width, height, depth, colour, compression, filter, interlace
CHANNELS = {0: 1, 2: 3, 4: 2, 6: 4}  # by colour type; 3, a palette, is never a measurement


class PngHeader(NamedTuple):
    """What the first chunk says of the image."""

    width: int
    height: int
    bits: int
    channels: int


def read_png(path: Path) -> NDArray[np.generic]:  # (H, W) or (H, W, channels)
    """Read an image of 8 or 16 bits per sample as uint8 or uint16.

    Raises:
        RawFileError: The file is not a PNG, truncated, damaged, or of a kind that no depth camera
            writes.
    """
    try:
        return _decode(read_bytes(path))
    except (ValueError, struct.error, zlib.error) as error:
        raise RawFileError(path, f"cannot be read as PNG: {error}", "copy it again") from None


def write_png(path: Path, image: NDArray[np.generic]) -> None:
    """Write uint8 or uint16 samples (H, W) or (H, W, channels).

    The file appears whole or not at all.
    """
    samples = image.reshape(*image.shape[:2], -1)
    height, width, channels = samples.shape
    colour = {count: kind for kind, count in CHANNELS.items()}[channels]
    big = np.ascontiguousarray(samples.astype(image.dtype.newbyteorder(">")))
    rows = big.view(np.uint8).reshape(height, -1)
    raw = np.hstack([np.zeros((height, 1), np.uint8), rows]).tobytes()
    header = HEADER.pack(width, height, image.dtype.itemsize * 8, colour, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(raw, 6)), (b"IEND", b"")]
    with whole_file(path) as partial:
        partial.write_bytes(SIGNATURE + b"".join(_chunk(kind, data) for kind, data in chunks))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _decode(data: bytes) -> NDArray[np.generic]:
    if not data.startswith(SIGNATURE):
        raise ValueError("it does not begin with the signature of a PNG")
    at, header, packed = len(SIGNATURE), None, []
    while True:
        size, kind = struct.unpack_from(">I4s", data, at)
        body = data[at + 8 : at + 8 + size]
        if data[at + 8 + size : at + 12 + size] != struct.pack(">I", zlib.crc32(kind + body)):
            raise ValueError("a chunk is cut short or its checksum is wrong")
        at += 12 + size
        if kind == b"IHDR":
            header = _header(body)
        elif kind == b"IDAT":
            packed.append(body)
        elif kind == b"IEND":
            break
    if header is None:
        raise ValueError("it has no header")
    return _pixels(header, b"".join(packed))


def _header(body: bytes) -> PngHeader:
    width, height, bits, colour, *ways = HEADER.unpack(body)
    if colour not in CHANNELS or bits not in (8, 16) or ways != [0, 0, 0]:
        raise ValueError(
            f"it has {bits} bits of colour type {colour}, {'' if not ways[2] else 'interlaced, '}"
            "expected 8 or 16 bits of grey or colour, not interlaced"
        )
    if not 0 < width * height <= MOST_PIXELS:
        raise ValueError(f"{width} x {height} pixels are none or too many")
    return PngHeader(width, height, bits, CHANNELS[colour])


def _pixels(header: PngHeader, packed: bytes) -> NDArray[np.generic]:
    from pcv.kernels.png import unfilter  # brings Numba, which takes long to import

    stride = header.channels * header.bits // 8
    wanted = header.height * (header.width * stride + 1)
    raw = zlib.decompressobj().decompress(packed, wanted + 1)
    if len(raw) != wanted:
        raise ValueError(f"{len(raw)} bytes of pixels, its header says {wanted}")
    rows = np.frombuffer(raw, np.uint8).reshape(header.height, -1)
    if rows[:, 0].max() > 4:
        raise ValueError(f"unknown filter {rows[:, 0].max()}")
    out = np.empty((header.height, header.width * stride), np.uint8)
    unfilter(rows[:, 1:], rows[:, 0], stride, out)
    dtype = np.dtype(">u2" if header.bits == 16 else "u1")
    image = out.view(dtype).reshape(header.height, header.width, header.channels)
    image = image.astype(dtype.newbyteorder("="))
    return image[:, :, 0] if header.channels == 1 else image
