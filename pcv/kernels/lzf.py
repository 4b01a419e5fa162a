"""LZF decompression (Lehmann's liblzf), as binary_compressed PCD files use it."""

import numba
import numpy as np


@numba.njit(cache=True)
def unpack(packed, out):
    """Decompress into ``out`` and return how many bytes were written; -1: the data is damaged.

    Args:
        packed: (n,) uint8.
        out: (m,) uint8, written; the file says its size.
    """
    at, done = np.int64(0), np.int64(0)
    while at < len(packed):
        control = np.int64(packed[at])
        at += 1
        if control < 32:  # control + 1 bytes follow as they are
            count = control + 1
            if at + count > len(packed) or done + count > len(out):
                return -1
            out[done : done + count] = packed[at : at + count]
            at += count
            done += count
            continue
        count = control >> 5  # else it is a copy of earlier bytes
        if count == 7:
            if at >= len(packed):
                return -1
            count += np.int64(packed[at])
            at += 1
        if at >= len(packed):
            return -1
        start = done - ((control & 31) << 8) - np.int64(packed[at]) - 1
        at += 1
        count += 2
        if start < 0 or done + count > len(out):
            return -1
        for i in range(count):  # one by one: source and target may overlap
            out[done + i] = out[start + i]
        done += count
    return done
