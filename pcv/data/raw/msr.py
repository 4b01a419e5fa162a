"""MSRAction-3D (Li et al., CVPRW 2010): one ``aAA_sSS_eEE_sdepth.bin`` per recording."""

from __future__ import annotations

import os
import re
import struct
from pathlib import Path
from typing import Annotated, BinaryIO

import numpy as np
from numpy.typing import NDArray
from pydantic.dataclasses import dataclass

from pcv.clip import Video, VideoSource
from pcv.data.files.checked import MOST_FRAMES, MOST_PIXELS
from pcv.data.raw.depth_video import depth_video
from pcv.data.raw.listing import list_named
from pcv.data.raw.marks import Focal, Noted, Unit
from pcv.data.raw.reader import OPTIONS, DatasetReader, Sign
from pcv.data.raw.words import note_centre, read_centre
from pcv.errors import InputError, RawFileError
from pcv.regular_file import open_regular
from pcv.whole import whole_file

NAME = re.compile(r"a(\d{2})_s(\d{2})_e(\d{2})_sdepth\.bin")
HEADER = struct.Struct("<3I")  # frames, columns, rows
CLASS_NAMES = (
    "high arm wave", "horizontal arm wave", "hammer", "hand catch", "forward punch",
    "high throw", "draw x", "draw tick", "draw circle", "hand clap", "two-hand wave",
    "side boxing", "bend", "forward kick", "side kick", "jogging", "tennis swing",
    "tennis serve", "golf swing", "pick-up & throw",
)  # fmt: skip
SUBJECTS = range(1, 11)
TRAIN_SUBJECTS = range(1, 6)  # Liu et al., ICCV 2019; not the odd-even split of other work


@dataclass(frozen=True, config=OPTIONS)
class MsrAction3d(DatasetReader):
    """Reads MSRAction-3D.

    The published conversion takes a focal length of 280, and divides raw depth by 300: with depth
    in millimetres that is ``data.scale: 3.3333333`` in a recipe.
    """

    focal: Focal = 280.0
    centre: Annotated[
        tuple[float, float] | None, Noted(none="image", read=read_centre, write=note_centre)
    ] = None  # pixels; None: the middle of the image, as published
    unit: Unit = 0.001

    dataset = "msr"
    summary = "MSRAction-3D: aAA_sSS_eEE_sdepth.bin, as published."
    example = "pcv prepare msr Depth stores/msr --points 2048"
    signs = (Sign(NAME),)
    class_names = CLASS_NAMES

    def list_videos(self, root: Path, bad: list[InputError] | None = None) -> list[VideoSource]:
        """Find all recordings, sorted by name; see ``Reader``."""
        return list_named(root, ".bin", NAME, "a01_s01_e01_sdepth.bin", _describe, bad)

    def count_frames(self, source: VideoSource) -> int:
        """Return the number of frames, from the header."""
        with _open(source.path) as file:
            return _header(source.path, file)[0]

    def read_video(self, source: VideoSource) -> Video:
        """Read a recording as points in metres; see ``Reader``."""
        depth = read_depth_bin(source.path)
        rows, columns = depth.shape[1:]
        centre = self.centre or (columns / 2, rows / 2)
        focal = (self.focal, self.focal)
        return depth_video(source, depth, focal=focal, centre=centre, unit=self.unit)


def read_depth_bin(path: Path) -> NDArray[np.uint32]:  # (T, H, W)
    """Read raw depth, in the recording's own unit.

    Raises:
        RawFileError: The file is truncated or oversized, or its header cannot be true.
    """
    with _open(path) as file:
        frames, columns, rows = _header(path, file)
        try:
            data = file.read()
        except OSError as error:
            raise RawFileError(
                path, f"cannot be read: {error.strerror}", "check the disk"
            ) from None
    if len(data) != 4 * frames * rows * columns:
        raise RawFileError(path, "changed while it was read", "try again")
    return np.frombuffer(data, "<u4").reshape(frames, rows, columns)


def write_depth(path: Path, depth: NDArray[np.generic]) -> None:
    """Write (T, H, W) depth in the dataset's format; the file appears whole or not at all."""
    frames, rows, columns = depth.shape
    with whole_file(path, shared=True) as partial, partial.open("wb") as file:
        file.write(HEADER.pack(frames, columns, rows))
        file.write(np.ascontiguousarray(depth, dtype="<u4").data)


def _describe(path: Path, match: re.Match[str]) -> VideoSource:
    action, subject, _ = (int(group) for group in match.groups())
    if not 1 <= action <= len(CLASS_NAMES) or subject not in SUBJECTS:
        raise RawFileError(
            path,
            f"is of action {action} and subject {subject}",
            "actions are 1 to 20, subjects 1 to 10",
        )
    split = "train" if subject in TRAIN_SUBJECTS else "test"
    name = path.name.removesuffix("_sdepth.bin")
    return VideoSource(path, name, action - 1, subject, 0, split)


def _open(path: Path) -> BinaryIO:
    try:
        return open_regular(path)
    except OSError as error:
        raise RawFileError(path, f"cannot be opened: {error.strerror}", "check the path") from None


def _header(path: Path, file: BinaryIO) -> tuple[int, int, int]:
    size = os.fstat(file.fileno()).st_size
    raw = file.read(HEADER.size)
    if len(raw) < HEADER.size:
        raise RawFileError(path, f"has {size} bytes, less than its 12-byte header", "copy it again")
    frames, columns, rows = HEADER.unpack(raw)
    if not (0 < frames <= MOST_FRAMES and 0 < columns * rows <= MOST_PIXELS):
        raise RawFileError(
            path,
            f"its header says {frames} frames of {columns} x {rows} pixels",
            "it is damaged or no MSRAction-3D recording",
        )
    expected = HEADER.size + 4 * frames * columns * rows
    if size != expected:
        what = "truncated" if size < expected else "oversized"
        raise RawFileError(
            path,
            f"is {what}: it has {size} bytes, and its header says {expected}",
            "copy it again from the archive",
        )
    return frames, columns, rows
