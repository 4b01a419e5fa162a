import numpy as np

from pcv.kernels import tube_rectify


def test_negative_displacements_are_cut_before_the_feature_is_added() -> None:
    points = np.zeros((1, 1, 2, 3))
    points[0, 0, :, 0] = -3, 2
    feature, weight = np.full((1, 1, 2, 1), 10.0), np.array([[1.0], [0], [0], [0], [0.5]])
    index, out = np.array([[[[[0, 1]]]]]), np.empty((1, 1, 1, 1, 2, 1))
    anchors, frames = np.zeros((1, 1, 1, 3)), np.zeros((1, 1), np.int64)
    tube_rectify.forward(0, points, feature, anchors, weight, frames, index, out)
    assert out.ravel().tolist() == [10, 12.5]
