import numpy as np

from pcv.kernels.png import unfilter


def test_every_filter_is_undone() -> None:
    """The definitions of the W3C Recommendation, one byte at a time."""
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (5, 12)).astype(int)
    stride, filtered = 3, np.zeros((5, 12), np.uint8)

    def at(r: int, c: int) -> int:
        return int(image[r, c]) if r >= 0 and c >= 0 else 0

    for r in range(5):
        for c in range(12):
            a, b, d = at(r, c - stride), at(r - 1, c), at(r - 1, c - stride)
            p = a + b - d
            nearest = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - d), 2, d))[2]
            guess = (0, a, b, (a + b) // 2, nearest)[r]
            filtered[r, c] = (at(r, c) - guess) % 256
    out = np.empty_like(filtered)
    unfilter(filtered, np.arange(5, dtype=np.uint8), stride, out)
    np.testing.assert_array_equal(out, image)
