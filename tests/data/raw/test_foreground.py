import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pcv.data.raw.foreground import close, erode, largest_component, median, otsu_threshold


@given(hnp.arrays(np.uint8, st.tuples(st.integers(1, 6), st.integers(1, 6))))
@settings(max_examples=60)
def test_otsu_parts_as_well_as_any_threshold(image: np.ndarray) -> None:
    def between(level: int) -> float:
        low, high = image[image <= level], image[image > level]
        if not len(low) or not len(high):
            return 0.0
        return len(low) * len(high) * (high.mean() - low.mean()) ** 2

    best = max(map(between, range(256)))
    assert between(otsu_threshold(image)) == pytest.approx(best)


def test_an_image_of_one_level_has_nothing_above() -> None:
    for level in (0, 90, 255):
        image = np.full((3, 3), level, np.uint8)
        assert not (image > otsu_threshold(image)).any()


def test_components_touch_along_edges_and_the_largest_stays() -> None:
    mask = np.array([[1, 0, 0, 0], [0, 1, 1, 0], [0, 0, 0, 0], [1, 1, 1, 1]], bool)
    np.testing.assert_array_equal(largest_component(mask).nonzero()[0], [3, 3, 3, 3])
    assert not largest_component(np.zeros((2, 2), bool)).any()


def test_erosion_spares_the_edge_of_the_image_and_closing_keeps_what_was_there() -> None:
    mask = np.zeros((9, 9), bool)
    mask[:4, :4] = True
    kept = np.zeros((9, 9), bool)
    kept[:3, :3] = True
    np.testing.assert_array_equal(erode(mask), kept)
    mask[1, 1] = False
    closed = close(mask)
    assert closed[1, 1]
    assert (closed >= mask).all()


def test_a_lone_pixel_does_not_survive_the_median() -> None:
    image = np.zeros((5, 5), np.uint16)
    image[2, 2] = 900
    image[0, 3:] = image[1, 3:] = 500
    blurred = median(image)
    assert blurred[2, 2] == 0
    assert blurred[0, 4] == 500
