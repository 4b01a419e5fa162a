import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pcv.kernels.back_project import back_project

CAMERA = {"focal": (280.0, 290.0), "centre": (3.0, 2.0), "unit": 0.001}


@given(hnp.arrays(np.uint16, st.tuples(st.integers(1, 6), st.integers(1, 7))))
def test_every_foreground_pixel_is_one_point_in_row_major_order(depth: np.ndarray) -> None:
    wanted = []
    for row in range(depth.shape[0]):
        for column in range(depth.shape[1]):
            d = float(depth[row, column]) * 0.001
            if d > 0:
                wanted.append([(column - 3.0) / 280 * d, (row - 2.0) / 290 * d, d])
    found = back_project(depth, **CAMERA)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, np.array(wanted).reshape(-1, 3), rtol=1e-6)


def test_nan_infinity_and_negative_depth_are_background() -> None:
    depth = np.array([[np.nan, np.inf], [-1.0, 2000.0]])
    assert len(back_project(depth, **CAMERA)) == 1


def test_not_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="must be numbers"):
        back_project(np.array([["a"]]), **CAMERA)


def test_a_view_that_is_not_contiguous_gives_the_same_points() -> None:
    depth = np.arange(24, dtype=np.uint16).reshape(4, 6)
    for view in (depth.T, depth[::2, ::3], depth.astype(float).T, np.asfortranarray(depth)):
        np.testing.assert_array_equal(
            back_project(view, **CAMERA), back_project(view.copy(order="C"), **CAMERA)
        )


def test_columns_that_lie_in_memory_hold_background_too() -> None:
    depth = np.array([[0, 2000, 0], [np.nan, np.inf, 1000]])
    points = back_project(np.asfortranarray(depth), **CAMERA)
    np.testing.assert_array_equal(points, back_project(depth, **CAMERA))
    assert len(points) == 2
