"""Recordings of a depth camera as points."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from pcv.clip import Video, VideoSource
from pcv.errors import RawFileError


def depth_video(
    source: VideoSource,
    images: Iterable[NDArray[np.generic]],  # (H, W) each
    *,
    focal: tuple[float, float],
    centre: tuple[float, float],
    unit: float,
    empty: tuple[str, str] = ("no pixel has a depth", "leave the file out"),
) -> Video:
    """Make a video of depth images, a frame of each.

    Args:
        source: Of the recording.
        images: Depth; 0 is background.
        focal: fx and fy, pixels.
        centre: cx and cy, pixels.
        unit: Metres a unit of depth.
        empty: What the problem is, and what to do, where all of every image is background.

    Raises:
        RawFileError: All of every image is background.
    """
    from pcv.kernels.back_project import back_project  # brings Numba, which takes long to import

    frames = [back_project(image, focal=focal, centre=centre, unit=unit) for image in images]
    if not any(map(len, frames)):
        raise RawFileError(source.path, *empty)
    return Video(source, frames)
