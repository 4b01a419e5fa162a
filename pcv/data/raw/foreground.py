"""The hand in a depth image. The only file that imports scipy.ndimage."""

from __future__ import annotations

import numpy as np
import scipy  # which imports ndimage when it is first named, and that takes long
from numpy.typing import NDArray

Mask = NDArray[np.bool_]  # (H, W)


def otsu_threshold(image: NDArray[np.uint8]) -> int:
    """Return the level that parts an image (H, W) best (Otsu, 1979): pixels above it are one class.

    An image of one level cannot be parted: then 255 is returned, and no pixel is above it.
    """
    pixels = np.bincount(image.ravel(), minlength=256).astype(np.float64)
    below = pixels.cumsum()
    total = (pixels * np.arange(256)).cumsum()
    room = below * (below[-1] - below)
    apart = np.where(room > 0, (total[-1] * below / below[-1] - total) ** 2, -1) / np.maximum(
        room, 1
    )
    return int(apart.argmax()) if (room > 0).any() else 255


def largest_component(mask: Mask) -> Mask:
    """Keep the largest group of pixels that touch along an edge; of equal ones, the first."""
    labels, count = scipy.ndimage.label(mask)
    if not count:
        return mask
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    kept: Mask = labels == sizes.argmax()
    return kept


def erode(mask: Mask, side: int = 3) -> Mask:
    """Keep the pixels around which a square of ``side`` pixels fits; it may leave the image."""
    eroded: Mask = scipy.ndimage.binary_erosion(mask, np.ones((side, side), bool), border_value=1)
    return eroded


def close(mask: Mask, side: int = 7) -> Mask:
    """Fill the gaps that a square of ``side`` pixels does not fit into."""
    grown = scipy.ndimage.binary_dilation(mask, np.ones((side, side), bool))
    return erode(grown, side)


def median(image: NDArray[np.uint16], side: int = 3) -> NDArray[np.uint16]:  # (H, W) both
    """Replace every pixel by the median of the square around it; the image's edges repeat."""
    blurred: NDArray[np.uint16] = scipy.ndimage.median_filter(image, size=side, mode="nearest")
    return blurred
