from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcv.kernels.boxes import mean_boxes, median_boxes


def overlap(edges: np.ndarray, pixels: int) -> np.ndarray:
    """(boxes, pixels) share of each box that a pixel covers; the border repeats outside."""
    first, last = int(np.floor(edges[0])) - 1, int(np.ceil(edges[-1])) + 1
    share = np.zeros((len(edges) - 1, pixels))
    for i, (low, high) in enumerate(pairwise(edges)):
        for p in range(first, last):
            covered = max(0.0, min(p + 1, high) - max(p, low))
            share[i, min(max(p, 0), pixels - 1)] += covered / (high - low)
    return share


@given(st.integers(0, 2**31))
def test_means_are_those_of_the_covered_area(seed: int) -> None:
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 256, (*rng.integers(1, 9, 2), 3)).astype(np.uint8)
    lows, highs = rng.uniform(-3, 4, 2), rng.uniform(5, 12, 2)
    edges = [np.linspace(a, b, n) for a, b, n in zip(lows, highs, (4, 3), strict=True)]
    out = np.empty((3, 2, 3), np.float32)
    mean_boxes(image, *edges, out)
    rows, columns = (overlap(e, n) for e, n in zip(edges, image.shape[:2], strict=True))
    np.testing.assert_allclose(out, np.einsum("ir,jc,rck->ijk", rows, columns, image), atol=1e-3)


@pytest.mark.parametrize(("size", "new"), [((6, 8), (3, 4)), ((7, 5), (3, 2)), ((4, 4), (4, 4))])
def test_medians_are_of_what_is_measured(size: tuple[int, int], new: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(1, 9, size).astype(np.uint16) * (rng.random(size) < 0.6).astype(np.uint16)
    image[:3, :2] = 0  # a box without any
    rows, columns = (np.linspace(0, n, m + 1) for n, m in zip(size, new, strict=True))
    out = np.empty(new, np.uint16)
    median_boxes(image, rows, columns, out)
    for i in range(new[0]):
        for j in range(new[1]):
            inside = [
                image[r, c]
                for r in range(size[0])
                for c in range(size[1])
                if rows[i] <= r + 0.5 < rows[i + 1] and columns[j] <= c + 0.5 < columns[j + 1]
            ]
            found = sorted(value for value in inside if value)
            assert out[i, j] == (found[(len(found) - 1) // 2] if found else 0)
