import numpy as np
import pytest

from pcv.data.kd_tree import nearest_points


def test_equal_to_the_definition() -> None:
    rng = np.random.default_rng(0)
    points, queries = rng.normal(size=(300, 3)), rng.normal(size=(40, 3))
    distance = np.linalg.norm(queries[:, None] - points[None], axis=2)
    wanted = np.argsort(distance, axis=1, kind="stable")[:, :5]
    np.testing.assert_array_equal(nearest_points(points, queries, 5), wanted)
    assert nearest_points(points, queries).shape == (40, 1)


def test_more_neighbours_than_points_are_refused() -> None:
    with pytest.raises(ValueError, match="4 neighbours among 3 points"):
        nearest_points(np.zeros((3, 3)), np.zeros((1, 3)), 4)
