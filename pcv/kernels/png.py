"""Undoing the filters of PNG (W3C Recommendation, section 9), row by row."""

import numba
import numpy as np


@numba.njit(cache=True)
def unfilter(rows, kinds, stride, out):
    """Undo the filter of every row.

    Args:
        rows: (H, W) uint8, filtered bytes.
        kinds: (H,) uint8, filter of each row, 0 to 4.
        stride: Bytes per pixel.
        out: (H, W) uint8, written.
    """
    height, width = rows.shape
    for r in range(height):
        kind = kinds[r]
        for c in range(width):
            left = np.int64(out[r, c - stride]) if c >= stride else np.int64(0)
            up = np.int64(out[r - 1, c]) if r else np.int64(0)
            corner = np.int64(out[r - 1, c - stride]) if r and c >= stride else np.int64(0)
            if kind == 0:
                guess = np.int64(0)
            elif kind == 1:
                guess = left
            elif kind == 2:
                guess = up
            elif kind == 3:
                guess = (left + up) // 2
            else:
                guess = _paeth(left, up, corner)
            out[r, c] = np.uint8((np.int64(rows[r, c]) + guess) & 255)


@numba.njit(cache=True)
def _paeth(left, up, corner):
    estimate = left + up - corner
    a, b, c = abs(estimate - left), abs(estimate - up), abs(estimate - corner)
    if a <= b and a <= c:
        return left
    return up if b <= c else corner
