import numba
import numpy as np
import pytest

from pcv.kernels import farthest_points as kernel


@pytest.mark.parametrize("n", [1, 63, 65, 1024, 1025, 4000])
def test_every_point_is_in_one_block_and_in_its_box(n: int) -> None:
    points = np.random.default_rng(n).normal(size=(n, 3)).astype(np.float32)
    cells = kernel._sort_into_blocks(points)
    boxes = kernel._block_boxes(cells, n)
    groups = np.stack(kernel._group_boxes(boxes))
    boxes = np.stack(boxes)
    assert sorted(cells[3][:n]) == list(range(n))
    for block, start in enumerate(range(0, n, kernel.BLOCK)):
        inside = points[cells[3][start : min(n, start + kernel.BLOCK)]]
        assert np.array_equal(boxes[:, block], np.concatenate([inside.min(0), inside.max(0)]))
    assert np.array_equal(groups[:3].min(1), points.min(0))
    assert np.array_equal(groups[3:].max(1), points.max(0))
    assert np.isinf(boxes[:, (n + kernel.BLOCK - 1) // kernel.BLOCK :]).all()


def test_blocks_are_compact() -> None:
    """Pruning rests on it: of 8,192 points in a cube, no block's box is a tenth of the cube."""
    points = np.random.default_rng(0).uniform(size=(8192, 3)).astype(np.float32)
    boxes = np.stack(kernel._block_boxes(kernel._sort_into_blocks(points), 8192))
    assert np.prod(boxes[3:] - boxes[:3], axis=0).max() < 0.1


@pytest.mark.parametrize("middle", [1, 5, 499])
def test_selecting_keeps_rows_together(middle: int) -> None:
    rng = np.random.default_rng(middle)
    rows = rng.integers(0, 9, (3, 500)).astype(np.float32)
    key, other, third = (row.copy() for row in rows)
    index = np.arange(500, dtype=np.int32)
    kernel._select(key, other, third, index, 0, 500, middle)
    assert key[:middle].max() <= key[middle:].min()
    assert np.array_equal(np.stack([key, other, third]), rows[:, index])


def test_of_the_farthest_the_lowest_index_wins_in_whatever_block_it_is() -> None:
    """Points on a coarse grid: nearly every choice is a tie."""
    points = np.random.default_rng(0).integers(0, 9, (3000, 3)).astype(np.float32)
    chosen = np.empty(400, np.int64)
    kernel.choose(points, chosen)
    reach = np.full(3000, np.inf, np.float32)
    last = 0
    for step in range(400):
        assert chosen[step] == last
        reach = np.minimum(reach, ((points - points[last]) ** 2).sum(1))
        last = int(reach.argmax())


def test_bits_of_distances_keep_their_order() -> None:
    @numba.njit
    def bits(values, out):
        for i in range(len(values)):
            out[i] = kernel._bits(values[i])

    values = np.array([-1, 0, 1e-45, 1, 2, 1e38, np.inf], np.float32)
    out = np.empty(len(values), np.int32)
    bits(values, out)
    assert np.array_equal(out, values.view(np.int32))
    assert (np.diff(out.astype(np.int64)) > 0).all()
