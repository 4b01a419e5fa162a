import numpy as np

from pcv.kernels.nearest import scan, scan_all


def test_nearest_first_and_ties_to_the_lowest_index() -> None:
    points = np.float32([[3, 0, 0], [1, 0, 0], [-1, 0, 0], [2, 0, 0]])
    index, distance = np.zeros((1, 3), np.int64), np.full((1, 3), np.inf, np.float32)
    scan(points, np.zeros((1, 3), np.float32), index, distance)
    assert index.tolist() == [[1, 2, 3]]
    assert distance.tolist() == [[1, 1, 4]]


def test_clouds_are_searched_apart() -> None:
    rng = np.random.default_rng(0)
    points, queries = rng.normal(size=(2, 3, 20, 3)).astype(np.float32)
    index, distance = np.zeros((3, 20, 1), np.int64), np.full((3, 20, 1), np.inf, np.float32)
    scan_all.py_func(points, queries, index, distance)
    squared = ((queries[:, :, None] - points[:, None]) ** 2).sum(3)
    assert np.array_equal(index[..., 0], squared.argmin(2))
