import numpy as np

from pcv.kernels import tube_sum


def test_the_first_neighbour_counts_as_often_as_it_fills() -> None:
    points = np.float32([[0, 0, 0], [1, 2, 3], [4, 4, 4]])
    near, offset = np.empty(6, np.int64), np.empty((3, 6), np.float32)
    index = np.array([1, 2, 1, -1, 1, 2])
    found = tube_sum._reach(points, np.float32([1, 1, 1]), index, near, offset)
    assert near[:found].tolist() == [1, 2, 2]
    assert offset[:, :found].T.tolist() == [[0, 3, 6], [3, 3, 3], [3, 3, 3]]


def test_no_neighbour_is_no_entry() -> None:
    near, offset = np.empty(2, np.int64), np.empty((3, 2), np.float32)
    nothing = np.array([-1, -1])
    assert tube_sum._reach(np.zeros((1, 3), np.float32), np.zeros(3), nothing, near, offset) == 0


def test_turning_neighbours_around_lists_who_reached_each_point() -> None:
    points, anchors = np.zeros((3, 3)), np.array([[[1.0, 0, 0], [2.0, 0, 0]]])
    frames, index = np.array([[4, -1, 4]]), np.full((1, 3, 2, 2), -1)
    index[0, 0] = [[0, 2], [2, 2]]
    index[0, 2, 1] = [2, -1]
    starts, source, offset = tube_sum._reached_from(points, anchors, frames, index, 4)
    assert starts.tolist() == [0, 1, 1, 4]  # the pair of two 2s is one entry
    assert source.tolist() == [0, 0, 3, 5]  # rows of (anchor, tap)
    assert offset[0].tolist() == [-1, -1, -4, -2]
