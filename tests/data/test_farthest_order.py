import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcv.data.farthest_order import farthest_order, scene_order
from tests.ops.test_farthest_points import by_definition


@given(
    st.integers(1, 400), st.sampled_from(["grid", "normal", "line", "same", "wide"]),
    st.integers(0, 999),
)  # fmt: skip
def test_pruning_changes_nothing(n: int, kind: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    cloud = {
        "grid": lambda: rng.integers(0, 5, (n, 3)),
        "normal": lambda: rng.normal(size=(n, 3)),
        "line": lambda: rng.normal(size=(n, 1)) * [1, 0, 0],
        "same": lambda: np.ones((n, 3)),
        "wide": lambda: rng.normal(size=(n, 3)) * 10.0 ** rng.integers(-3, 6, (n, 1)),
    }[kind]()
    points = cloud.astype(np.float32)
    assert farthest_order(points, n).tolist() == by_definition(points, n)


@pytest.mark.parametrize("n", [1023, 1024, 1025, 5000])
@pytest.mark.parametrize("kind", ["lattice", "normal", "sheet", "half the same"])
def test_many_groups_of_blocks(n: int, kind: str) -> None:
    rng = np.random.default_rng(n)
    cloud = {
        "lattice": lambda: rng.integers(0, 12, (n, 3)) / 8,  # ties everywhere, and duplicates
        "normal": lambda: rng.normal(size=(n, 3)),
        "sheet": lambda: rng.uniform(size=(n, 3)) * [3, 2, 1e-4],
        "half the same": lambda: np.where(np.arange(n)[:, None] % 2, rng.normal(size=(n, 3)), 7),
    }[kind]()
    points = cloud.astype(np.float32)
    assert farthest_order(points, 900).tolist() == by_definition(points, 900)


def test_distances_that_overflow_are_ties() -> None:
    points = np.float32([[0, 0, 0], [1e30, 0, 0], [0, 3e38, 0], [1, 0, 0], [0, -3e38, 0]])
    with np.errstate(over="ignore"):
        assert farthest_order(points, 5).tolist() == by_definition(points, 5)


def test_too_few_points_repeat_their_order() -> None:
    points = np.float32([[0, 0, 0], [1, 0, 0], [5, 0, 0]])
    assert farthest_order(points, 8).tolist() == [0, 2, 1, 0, 2, 1, 0, 2]


@pytest.mark.parametrize(
    ("points", "count"),
    [
        (np.zeros((0, 3)), 1),
        (np.zeros((3, 2)), 1),
        (np.zeros((3, 3)), 0),
        (np.full((2, 3), np.nan), 1),
    ],
)
def test_bad_input_is_refused(points: np.ndarray, count: int) -> None:
    with pytest.raises(ValueError, match=r"expected|finite"):
        farthest_order(points, count)


@pytest.mark.parametrize("ordered", [3, 7, 12, 100])
def test_points_in_one_place_are_all_kept(ordered: int) -> None:
    points = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)
    points = points[[0, 1, 1, 2, 3, 3, 3, 4, 5, 0, 2, 5]]
    order = scene_order(points, ordered)
    assert sorted(order.tolist()) == list(range(12))
    distinct = min(ordered, 6)
    np.testing.assert_array_equal(order[:distinct], farthest_order(points, distinct))


def test_a_scene_keeps_every_point_and_shuffles_those_beyond_the_order() -> None:
    points = np.random.default_rng(0).normal(size=(200, 3)).astype(np.float32)
    np.testing.assert_array_equal(scene_order(points, 500), farthest_order(points, 200))
    order = scene_order(points, 50)
    np.testing.assert_array_equal(order[:50], farthest_order(points, 50))
    assert sorted(order.tolist()) == list(range(200))
    assert (np.diff(order[50:]) < 0).any()
    np.testing.assert_array_equal(order, scene_order(points, 50))
