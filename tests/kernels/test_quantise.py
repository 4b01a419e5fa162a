import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pcv.kernels.quantise import MOST, extent, quantise

CLOUDS = hnp.arrays(
    np.float32,
    st.tuples(st.integers(1, 20), st.just(3)),
    elements=st.floats(-7, 7, width=32),
)


@given(CLOUDS)
def test_the_extent_is_that_of_numpy(points: np.ndarray) -> None:
    low, high, total = np.full(3, np.inf), np.full(3, -np.inf), np.zeros(3)
    extent(points, low, high, total)
    np.testing.assert_array_equal(low, points.min(0))
    np.testing.assert_array_equal(high, points.max(0))
    np.testing.assert_allclose(total, points.sum(0, dtype=np.float64), atol=1e-9)


@given(CLOUDS)
def test_values_are_the_nearest_steps(points: np.ndarray) -> None:
    origin, step = np.array([0.5, -1.0, 0.25]), 2.0**-11
    values, whole = np.empty(points.shape, np.int16), np.empty(points.shape, np.float32)
    reach = quantise(points, origin, step, values, whole)
    np.testing.assert_array_equal(values, np.round((points - origin) / step).astype(np.int16))
    np.testing.assert_array_equal(values, whole)
    assert reach == np.abs(points - origin).max()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_told(bad: float) -> None:
    points = np.array([[0, 0, 0], [0, bad, 0]], np.float32)
    empty = np.empty((2, 3), np.int16), np.empty((2, 3), np.float32)
    assert np.isnan(quantise(points, np.zeros(3), 1.0, *empty))


def test_what_is_too_far_is_told_by_its_distance() -> None:
    points = np.array([[MOST + 1, 0, 0]], np.float32)
    empty = np.empty((1, 3), np.int16), np.empty((1, 3), np.float32)
    assert quantise(points, np.zeros(3), 1.0, *empty) == MOST + 1
