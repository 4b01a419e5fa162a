import numpy as np
import pytest

from pcv.data.raw.axes import UPRIGHT


@pytest.mark.parametrize("up", UPRIGHT)
def test_up_becomes_minus_y_by_a_rotation(up: str) -> None:
    axis = np.eye(3)["xyz".index(up[-1])] * (-1 if up.startswith("-") else 1)
    turned = axis @ UPRIGHT[up].T
    assert turned.tolist() == [0, -1, 0]
    assert np.linalg.det(UPRIGHT[up]) == 1
