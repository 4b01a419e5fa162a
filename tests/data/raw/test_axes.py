import numpy as np
import pytest

from pcv.data.raw.axes import UPRIGHT, far_shift


@pytest.mark.parametrize("up", UPRIGHT)
def test_up_becomes_minus_y_by_a_rotation(up: str) -> None:
    axis = np.eye(3)["xyz".index(up[-1])] * (-1 if up.startswith("-") else 1)
    turned = axis @ UPRIGHT[up].T
    assert turned.tolist() == [0, -1, 0]
    assert np.linalg.det(UPRIGHT[up]) == 1


def test_the_first_frame_with_points_says_how_far_they_lie() -> None:
    none, near, far = np.empty((0, 3)), np.ones((2, 3)), np.array([[5000.4, 0, 9.6]])
    assert far_shift([none, far, near]).tolist() == [5000, 0, 10]
    for frames in ([none], [none, near, far]):
        assert far_shift(frames).tolist() == [0, 0, 0]
