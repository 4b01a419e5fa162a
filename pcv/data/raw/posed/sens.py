"""ScanNet's ``.sens`` files: all frames of a scan in one file, colour as JPEG, depth deflated.

Version 4, little endian: the length and name of the sensor; intrinsics and extrinsics of colour,
then of depth, as 4 x 4 floats; kinds of compression; sizes; the inverse unit of depth; how many
frames. A frame is its camera-to-world pose, two timestamps, two sizes in bytes, and the two images.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pcv.data.files.checked import MOST_FRAMES, MOST_PIXELS
from pcv.data.files.depth_png import without_saturated
from pcv.data.files.jpeg import decode_jpeg
from pcv.data.raw.listing import walk
from pcv.data.raw.posed.layout import Cameras, Entry, Layout, RawFrame
from pcv.errors import RawFileError
from pcv.regular_file import open_regular

VERSION = 4
NAME = struct.Struct("<IQ")  # version, length of the sensor's name
KINDS = struct.Struct("<iiIIIIfQ")  # compressions, columns and rows of colour and depth, ...
FRAME = struct.Struct("<16fQQQQ")  # pose, times, sizes of colour and depth in bytes
JPEG, DEFLATED = 2, 1
LONGEST_NAME = 1024
COPY = "copy it again"


class SensHeader(NamedTuple):
    """What precedes the frames."""

    colour: NDArray[np.float64]  # (3, 3)
    depth: NDArray[np.float64]  # (3, 3)
    size: tuple[int, int]  # rows and columns of depth
    frames: int
    start: int  # byte at which the first frame begins


def read_header(path: Path) -> SensHeader:
    """Read what precedes the frames.

    Raises:
        RawFileError: The file is cut short, of another version, or not as ScanNet's are.
    """
    try:
        with open_regular(path) as file:
            return _header(file)
    except (struct.error, ValueError) as error:
        reason = "cut short" if isinstance(error, struct.error) else str(error)
        raise RawFileError(path, f"not a .sens file of ScanNet: {reason}", COPY) from None
    except OSError as error:
        raise RawFileError(path, f"cannot be read: {error.strerror}", "check the disk") from None


def _header(file: BinaryIO) -> SensHeader:
    version, length = _take(file, NAME)
    if version != VERSION:
        raise ValueError(f"version {version}, expected {VERSION}")
    if length > LONGEST_NAME:
        raise ValueError(f"a sensor's name of {length} bytes")
    file.seek(length, 1)
    matrices = np.array(_take(file, struct.Struct("<64f")), np.float64).reshape(4, 4, 4)
    kinds = _take(file, KINDS)
    if kinds[:2] != (JPEG, DEFLATED):
        raise ValueError(f"compressions {kinds[0]} and {kinds[1]}, expected {JPEG} and {DEFLATED}")
    columns, rows, unit, frames = kinds[4:]
    if not 0 < rows * columns <= MOST_PIXELS or frames > MOST_FRAMES:
        raise ValueError(f"{frames} frames of {columns} x {rows} pixels")
    if unit != 1000:
        raise ValueError(f"{unit:g} units of depth per metre, expected 1000")
    return SensHeader(
        matrices[0, :3, :3], matrices[2, :3, :3], (rows, columns), frames, file.tell()
    )


def _index(path: Path) -> list[Entry]:
    """List the frames one by one; a frame that is cut short is the last."""
    header = read_header(path)
    entries: list[Entry] = []
    with open_regular(path) as file:
        end = file.seek(0, 2)
        offset = header.start
        for number in range(header.frames):
            entries.append(Entry(number, path, path, path, offset=offset))
            if offset + FRAME.size > end:
                break
            file.seek(offset)
            *_, colour, depth = _take(file, FRAME)
            offset += FRAME.size + colour + depth
            if offset > end:
                break
    return entries


def _load(path: Path, entry: Entry) -> RawFrame:
    header = read_header(path)
    try:
        with open_regular(path) as file:
            end = file.seek(0, 2)
            file.seek(entry.offset)
            *numbers, _, _, colour_size, depth_size = _take(file, FRAME)
            if file.tell() + colour_size + depth_size > end:
                raise ValueError("cut short")
            colour, packed = file.read(colour_size), file.read(depth_size)
        depth = _inflate(packed, header.size)
    except (struct.error, ValueError, zlib.error) as error:
        reason = "cut short" if isinstance(error, struct.error) else str(error)
        which = f"in frame {entry.number} of {header.frames}"
        raise RawFileError(path, f"damaged: {reason} {which}", COPY) from None
    pose = np.array(numbers, np.float64).reshape(4, 4)
    return RawFrame(decode_jpeg(colour, path), depth, pose)


def _inflate(packed: bytes, size: tuple[int, int]) -> NDArray[np.uint16]:  # (H, W)
    wanted = size[0] * size[1] * 2
    raw = zlib.decompressobj().decompress(packed, wanted + 1)
    if len(raw) != wanted:
        raise ValueError(f"{len(raw)} bytes of depth, expected {wanted}")
    return without_saturated(np.frombuffer(raw, "<u2").reshape(size).astype(np.uint16))


def _take(file: BinaryIO, kind: struct.Struct) -> tuple:  # type: ignore[type-arg]
    return kind.unpack(file.read(kind.size))


def _find(root: Path) -> list[Path]:
    return sorted(_files(root))


def _files(root: Path) -> Iterator[Path]:
    for folder, _, names in walk(root):
        yield from (Path(folder, name) for name in names if name.endswith(".sens"))


def _cameras(path: Path) -> Cameras:
    header = read_header(path)
    return Cameras(header.depth, header.colour, path)


SENS = Layout("scene0000_00.sens", "z", 0.001, _find, _index, _cameras, _load)
