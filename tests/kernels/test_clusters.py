"""Joining cells; the whole operator is tested in ops."""

import numpy as np

from pcv.kernels.clusters import join_cells


def test_cells_join_where_points_are_near():
    points = np.array([[0.0, 0, 0], [0.9, 0, 0], [1.1, 0, 0], [3.0, 0, 0]])
    parent = np.arange(3)
    join_cells(points, np.array([0, 2, 3, 4]), np.array([0, 1, 3]), np.array([1, 2]), 0.25, parent)
    assert parent.tolist() == [0, 0, 2]
