"""Depth images as 16-bit PNG, by Pillow."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pcv.errors import RawFileError, one_line
from pcv.regular_file import read_regular
from pcv.whole import whole_file

SIGNATURE = b"\x89PNG\r\n\x1a\n"
HEADER = struct.Struct(">IIBB")  # columns, rows, bits, colour type
GREY = 0
SATURATED = 65535  # what sensors and exports write where there is no depth
MOST_BYTES = 64 << 20  # of a file; an image of the most pixels takes half of that unpacked
ADVICE = "unpack it again from the archive"


def read_depth_png(
    path: Path,
    size: tuple[int, int],  # columns, rows
) -> NDArray[np.uint16]:  # (H, W)
    """Read a 16-bit grey PNG of a known size; 65535, a saturated value, becomes 0: none.

    Every chunk's checksum is compared first: of the images with one damaged bit, Pillow reads
    one in seven as other depths, without an error.

    Raises:
        RawFileError: The file is unreadable, not a PNG, truncated, damaged, or of another size or
            bit depth.
    """
    try:
        data = read_regular(path, MOST_BYTES)
    except OSError as error:
        raise RawFileError(path, f"cannot be read: {error.strerror}", "check the disk") from None
    problem = _problem(data, size)
    if problem:
        raise RawFileError(path, *problem)
    try:
        with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
            return without_saturated(np.array(image, np.uint16))
    except Exception as error:  # Pillow raises many kinds on a damaged image
        reason = one_line(error, 120)
        raise RawFileError(path, f"cannot be read as PNG: {reason}", ADVICE) from None


def without_saturated(
    depth: NDArray[np.uint16],  # (...,), changed in place
) -> NDArray[np.uint16]:  # (...,)
    """Set saturated values to 0, which means that there is no depth."""
    depth[depth == SATURATED] = 0
    return depth


def write_depth_png(path: Path, depth: NDArray[np.uint16]) -> None:
    """Write (H, W) depth; the file appears whole or not at all."""
    with whole_file(path, shared=True) as partial:
        Image.fromarray(depth).save(partial, "PNG")


def _problem(data: bytes, size: tuple[int, int]) -> tuple[str, str] | None:
    """Return what is wrong with an image and what to do about it, if anything is."""
    if data[:8] != SIGNATURE:
        return ("not a PNG" if data else "empty, expected a PNG"), ADVICE
    start, kind = 8, b""
    while kind != b"IEND":
        if start + 12 > len(data):
            return f"truncated: ends after {len(data)} bytes, within the image", ADVICE
        length, kind = struct.unpack_from(">I4s", data, start)
        end = start + 8 + length
        if end + 4 > len(data):
            return f"truncated: ends after {len(data)} bytes, within the image", ADVICE
        if zlib.crc32(data[start + 4 : end]) != int.from_bytes(data[end : end + 4], "big"):
            return f"damaged: a checksum is wrong near byte {end}", ADVICE
        if start == 8:
            problem = _another(data, size)
            if problem:
                return problem
        start = end + 4
    return None


def _another(data: bytes, size: tuple[int, int]) -> tuple[str, str] | None:
    columns, rows, bits, colour = HEADER.unpack_from(data, 16)
    if (columns, rows, bits, colour) == (*size, 16, GREY):
        return None
    kind = "grey" if colour == GREY else "colour"
    return (
        f"{columns} x {rows} pixels of {bits}-bit {kind}, expected {size[0]} x {size[1]} of "
        "16-bit grey",
        "is it a depth image of this dataset?",
    )
