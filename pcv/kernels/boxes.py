"""Loops that make an image smaller: each new pixel is read off a box of old ones."""

import numba
import numpy as np


@numba.njit(cache=True)
def mean_boxes(image, rows, columns, out):
    """Average an image over boxes; a pixel that a box cuts counts by its share in the box.

    Args:
        image: (H, W, C).
        rows: (h + 1,) float64, edges of the boxes, ascending; rows outside the image repeat the
            nearest one.
        columns: (w + 1,) float64, the same for columns.
        out: (h, w, C) float, written.
    """
    height, width, channels = image.shape
    across = np.zeros((width, channels), np.float64)
    for i in range(out.shape[0]):
        across[:] = 0
        for r in range(int(np.floor(rows[i])), int(np.ceil(rows[i + 1]))):
            share = (min(r + 1.0, rows[i + 1]) - max(float(r), rows[i])) / (rows[i + 1] - rows[i])
            source = min(max(r, 0), height - 1)
            for c in range(width):
                for k in range(channels):
                    across[c, k] += share * image[source, c, k]
        for j in range(out.shape[1]):
            low, high = columns[j], columns[j + 1]
            out[i, j] = 0
            for c in range(int(np.floor(low)), int(np.ceil(high))):
                share = (min(c + 1.0, high) - max(float(c), low)) / (high - low)
                source = min(max(c, 0), width - 1)
                for k in range(channels):
                    out[i, j, k] += share * across[source, k]


@numba.njit(cache=True)
def median_boxes(image, rows, columns, out):
    """Take the lower median of the pixels that are not 0 and whose centres lie in a box.

    Args:
        image: (H, W) unsigned integers.
        rows: (h + 1,) float64, edges of the boxes within the image, ascending.
        columns: (w + 1,) float64, the same for columns.
        out: (h, w) of the image's type, written; 0 where a box holds nothing else.
    """
    most = int((np.max(np.diff(rows)) + 2) * (np.max(np.diff(columns)) + 2))
    found = np.empty(most, image.dtype)
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            count = 0
            for r in range(int(np.ceil(rows[i] - 0.5)), int(np.ceil(rows[i + 1] - 0.5))):
                for c in range(int(np.ceil(columns[j] - 0.5)), int(np.ceil(columns[j + 1] - 0.5))):
                    if image[r, c]:
                        found[count] = image[r, c]
                        count += 1
            out[i, j] = np.sort(found[:count])[(count - 1) // 2] if count else 0
