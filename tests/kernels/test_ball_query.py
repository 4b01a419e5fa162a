"""The grid against the definition: clouds large enough that scans do not suffice."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pcv.kernels import ball_query


def by_definition(points, anchors, radius, slots):
    limit = np.float32(radius) * np.float32(radius)
    rows = np.full((len(anchors), slots), -1)
    with np.errstate(over="ignore", invalid="ignore"):
        for row, anchor in zip(rows, anchors, strict=True):
            d = points - anchor
            squared = (d[:, 0] * d[:, 0] + d[:, 1] * d[:, 1]) + d[:, 2] * d[:, 2]
            inside = np.flatnonzero(squared < limit)[:slots]
            row[: len(inside)] = inside
    return rows


def found_by_grid(points, anchors, radius, slots):
    """Search, after making sure that a grid is what serves this cloud."""
    points, anchors = np.float32(points), np.float32(anchors)
    limit = np.float32(radius) * np.float32(radius)
    found = np.full((len(anchors), slots), -2, np.int64)
    columns = ball_query._columns(points, np.arange(len(points), dtype=np.int32))
    assert not ball_query._scans_suffice(columns, len(points), anchors, limit, found)
    ball_query.search(points, anchors, limit, found)
    return found


def cloud(seed, count=4000, rows=400, spread=1.0):
    rng = np.random.default_rng(seed)
    return np.float32(rng.uniform(0, spread, (count, 3))), np.float32(
        rng.uniform(-0.1 * spread, 1.1 * spread, (rows, 3))
    )


@settings(max_examples=25)
@given(
    st.integers(0, 999),
    st.sampled_from([0.01, 0.05, 0.08]),
    st.sampled_from([3, 9, 40]),
    st.sampled_from([1e-15, 1.0, 1e6]),
)
def test_equal_to_the_definition(seed: int, radius: float, slots: int, unit: float) -> None:
    points, anchors = cloud(seed, spread=unit)
    anchors[::2] = points[: len(anchors[::2])]
    wanted = by_definition(points, anchors, radius * unit, slots)
    assert np.array_equal(found_by_grid(points, anchors, radius * unit, slots), wanted)


@pytest.mark.parametrize("radius", [0.125, 0.25, 0.2500001, 0.176776695])
def test_ties_duplicates_and_points_on_the_sphere(radius: float) -> None:
    rng = np.random.default_rng(3)
    points = np.float32(rng.integers(0, 33, (8000, 3))) / 8
    wanted = by_definition(points, points[:999], radius, 20)
    assert np.array_equal(found_by_grid(points, points[:999], radius, 20), wanted)


def test_points_and_anchors_that_are_not_finite_are_in_no_ball() -> None:
    points, anchors = cloud(0)
    points[::7, 1], points[::11, 0] = np.nan, np.inf
    anchors[5], anchors[6, 2], anchors[7, 0] = np.nan, -np.inf, 3e38
    wanted = by_definition(points, anchors, 0.08, 9)
    assert np.array_equal(found_by_grid(points, anchors, 0.08, 9), wanted)
    nothing = np.full_like(points, np.nan)
    assert (found_by_grid(nothing, anchors, 0.08, 9) == -1).all()


def test_a_cloud_of_any_extent_has_a_grid_of_bounded_size() -> None:
    points, anchors = cloud(1)
    points[0] = -1e30
    points[1] = 3e38
    anchors[:200] = points[:200]
    _, _, shape = ball_query._place_grid(points, 1e-3)
    assert shape.prod() <= ball_query.CELLS * len(points)
    wanted = by_definition(points, anchors, 1e-3, 4)
    assert np.array_equal(found_by_grid(points, anchors, 1e-3, 4), wanted)


def test_crowded_and_empty_places_of_one_cloud() -> None:
    """Balls with thousands of points beside balls with few: every way to order hits is taken."""
    rng = np.random.default_rng(4)
    points = np.concatenate([
        rng.normal(0, 0.01, (3000, 3)), rng.normal(2, 0.1, (2000, 3)), rng.uniform(-5, 5, (9000, 3))
    ])  # fmt: skip
    points = np.float32(points[rng.permutation(len(points))])
    for slots in (3, 33, 500):
        wanted = by_definition(points, points[:1500], 0.1, slots)
        assert np.array_equal(found_by_grid(points, points[:1500], 0.1, slots), wanted)


def test_pieces_of_a_cloud_are_found_as_the_whole() -> None:
    points, anchors = cloud(2)
    limit = np.float32(0.1) * np.float32(0.1)
    found = np.empty((2, len(anchors), 8), np.int64)
    both = np.stack([points, points[::-1]])
    ball_query.search_all.py_func(both, np.stack([anchors, anchors]), limit, found, 3)
    assert np.array_equal(found[0], by_definition(points, anchors, 0.1, 8))
    assert np.array_equal(found[1], by_definition(points[::-1], anchors, 0.1, 8))


@pytest.mark.parametrize("total", [0, 3, 32, 33, 900])
def test_the_smallest_hits_come_first(total: int) -> None:
    rng = np.random.default_rng(total)
    hits = np.int32(rng.permutation(4096)[:total])
    bits, slots = np.zeros(65, np.uint64), np.empty(16, np.int64)
    ball_query._keep_first(hits, total, bits, slots)
    assert slots.tolist() == (sorted(hits)[:16] + [-1] * 16)[:16]
    assert not bits.any()
