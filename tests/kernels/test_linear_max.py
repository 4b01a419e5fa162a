import numpy as np

from pcv.kernels import linear_max


def test_the_first_of_equal_rows_wins_and_gets_the_gradient() -> None:
    value = np.array([[[1.0], [3.0], [3.0]]])
    best, chosen = np.empty((1, 1)), np.empty((1, 1), np.uint8)
    linear_max.pool(0, value, best, chosen)
    assert (best.item(), chosen.item()) == (3.0, 1)
    into, grad = np.zeros((1, 3, 2)), np.full((1, 1), 2.0)
    linear_max.to_inputs(0, grad, chosen, np.array([[1.0, 5.0]]), into)
    assert into[0].tolist() == [[0, 0], [2, 10], [0, 0]]
    matrix = np.zeros((1, 2))
    linear_max.to_weight(0, grad, chosen, np.arange(6.0).reshape(1, 3, 2), matrix)
    assert matrix.tolist() == [[4, 6]]
