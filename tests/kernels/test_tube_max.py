import numpy as np

from pcv.kernels import tube_max


def test_the_first_of_equal_neighbours_wins() -> None:
    points = np.zeros((1, 1, 3, 3))
    points[0, 0, 1:, 0] = 2.0
    bare, weight = np.zeros((1, 1, 3, 0)), np.array([[1.0], [0], [0], [0]])
    out, chosen = np.empty((1, 1, 1, 1)), np.empty((1, 1, 1, 1, 1), np.uint8)
    index = np.array([[[[[0, 1, 2]]]]])
    anchors, frames = np.zeros((1, 1, 1, 3)), np.zeros((1, 1), np.int64)
    tube_max.forward(0, points, bare, anchors, weight, frames, index, True, out, chosen)
    assert (out.item(), chosen.item()) == (2.0, 1)
    grads = np.zeros((1, 1, 3, 0)), np.zeros((1, 4, 1))
    tube_max.backward(0, points, anchors, frames, index, chosen, np.ones_like(out), *grads)
    assert grads[1].ravel().tolist() == [2, 0, 0, 0]
