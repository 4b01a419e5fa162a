"""Recordings of a depth camera, as points."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from pcv.clip import Video, VideoSource
from pcv.errors import RawFileError


def depth_video(
    source: VideoSource,
    images: Iterable[NDArray[np.generic]],  # T of (H, W)
    *,
    focal: tuple[float, float],
    centre: tuple[float, float],
    unit: float,
    empty: tuple[str, str] = ("no pixel has a depth", "leave the file out"),
) -> Video:
    """Make a video of depth images, one frame (N_t, 3) per image.

    Args:
        source: The recording.
        images: The depths; 0 is background.
        focal: fx and fy in pixels.
        centre: cx and cy in pixels.
        unit: Metres per unit of depth.
        empty: Problem and advice of the error where no image has a pixel with a depth.

    Raises:
        RawFileError: No image has a pixel with a depth.
    """
    from pcv.kernels.back_project import back_project  # brings Numba, which takes long to import

    frames = [back_project(image, focal=focal, centre=centre, unit=unit) for image in images]
    if not any(map(len, frames)):
        raise RawFileError(source.path, *empty)
    return Video(source, frames)
