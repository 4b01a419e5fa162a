"""Smaller images of a posed camera, and the intrinsics that go with them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def shrink_colour(
    colour: NDArray[np.uint8],  # (H, W, 3)
    size: tuple[int, int],  # rows, columns
    window: NDArray[np.float64] | None = None,  # (2, 2) edges of rows, edges of columns
) -> NDArray[np.float32]:  # (h, w, 3) 0 to 255
    """Average colours over the area of every new pixel.

    Args:
        colour: The image; in a larger new image its pixels repeat.
        size: The size of the new image.
        window: What part of the image the new one shows, in pixels; None: all. Beyond the image
            its border repeats.
    """
    from pcv.kernels.boxes import mean_boxes  # brings Numba, which takes long to import

    if window is None:
        window = np.array([[0, colour.shape[0]], [0, colour.shape[1]]], np.float64)
    rows, columns = (np.linspace(w[0], w[1], n + 1) for w, n in zip(window, size, strict=True))
    out = np.empty((*size, 3), np.float32)
    mean_boxes(np.ascontiguousarray(colour), rows, columns, out)
    return out


def shrink_depth(
    depth: NDArray[np.uint16],  # (H, W), 0: none
    size: tuple[int, int],  # rows, columns
) -> NDArray[np.uint16]:  # (h, w)
    """Take the median of the depths in every new pixel: a mean would invent a surface at edges."""
    from pcv.kernels.boxes import median_boxes  # brings Numba, which takes long to import

    rows, columns = (np.linspace(0, n, m + 1) for n, m in zip(depth.shape, size, strict=True))
    out = np.empty(size, np.uint16)
    median_boxes(np.ascontiguousarray(depth), rows, columns, out)
    return out


def scale_intrinsics(
    intrinsics: NDArray[np.float64],  # (..., 3, 3) pixels, centres at +0.5
    old: tuple[int, int],  # rows, columns
    new: tuple[int, int],  # rows, columns
) -> NDArray[np.float64]:  # (..., 3, 3)
    """Return the intrinsics of a resized image: with centres at +0.5 they only scale."""
    factor = np.array([new[1] / old[1], new[0] / old[0], 1.0])
    return intrinsics * factor[:, None]
