import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcv.config.data import RegionConfig
from pcv.data.farthest_order import farthest_order
from pcv.data.scenes.regions import draw_region, parts_of, spaced


def cloud(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0, 2, (count, 3)).astype(np.float32)


@given(st.integers(2, 120), st.floats(0.01, 1.0), st.integers(0, 99))
def test_spaced_is_the_longest_prefix_that_keeps_apart(count, spacing, seed) -> None:
    points = cloud(count, seed)
    points = points[farthest_order(points, count)]
    found = spaced(points, count, spacing)
    gap = np.linalg.norm(points[:, None].astype(float) - points[None], axis=2)
    np.fill_diagonal(gap, np.inf)
    longest = max(k for k in range(1, count + 1) if k == 1 or gap[:k, :k].min() >= spacing - 1e-6)
    assert abs(found - longest) <= 1  # a distance of exactly the spacing rounds either way
    assert spaced(points, 1, spacing) == 1


@given(st.integers(20, 200), st.integers(1, 20), st.integers(0, 99))
def test_without_share_or_radius_a_region_is_the_nearest(total, count, seed) -> None:
    points = cloud(total, seed)
    index = draw_region(points, count, RegionConfig(), np.random.default_rng(seed))
    middle = np.random.default_rng(seed).integers(total)
    distance = np.linalg.norm(points - points[middle], axis=1)
    assert len(index) == count
    assert (np.diff(index) > 0).all()
    assert distance[index].max() <= np.sort(distance)[count - 1] + 1e-6


def test_shares_and_radii_are_thinned_by_chance_or_to_the_first() -> None:
    points = cloud(1000)
    wide = RegionConfig(share=0.5)
    drawn = [draw_region(points, 50, wide, np.random.default_rng(i)) for i in range(20)]
    reach = [np.linalg.norm(points[i] - points[i].mean(0), axis=1).max() for i in drawn]
    near = draw_region(points, 50, RegionConfig(), np.random.default_rng(0))
    assert min(reach) > 1.2 * np.linalg.norm(points[near] - points[near].mean(0), axis=1).max()
    first = draw_region(points, 50, RegionConfig(share=1, thin="spread"), np.random.default_rng(0))
    assert first.tolist() == list(range(50))
    ball = draw_region(points, 50, RegionConfig(radius=0.8), np.random.default_rng(3))
    middle = points[np.random.default_rng(3).integers(1000)]
    assert np.linalg.norm(points[ball] - middle, axis=1).max() <= 0.8
    tiny = draw_region(points, 50, RegionConfig(radius=0.01), np.random.default_rng(3))
    assert len(tiny) == 50  # filled up with the next nearest


@pytest.mark.parametrize("thin", ["random", "spread"])
def test_marked_points_are_the_middle_and_are_spared(thin: str) -> None:
    points, marked = cloud(1000), np.array([3, 500, 501, 997])
    for seed in range(20):
        index = draw_region(
            points, 30, RegionConfig(share=1, thin=thin), np.random.default_rng(seed), marked
        )
        assert np.isin(marked, index).all()
        near = draw_region(points, 5, RegionConfig(), np.random.default_rng(seed), marked)
        assert np.isin(near, marked).any()


def test_fewer_points_than_a_region_needs() -> None:
    with pytest.raises(ValueError, match="9 points, a region needs 10"):
        draw_region(cloud(9), 10, RegionConfig(), np.random.default_rng(0))


@given(st.integers(1, 400), st.integers(2, 60), st.integers(0, 99))
def test_every_point_is_own_in_exactly_one_part(total, size, seed) -> None:
    points = np.round(cloud(total, seed), 1)  # ties, and many in one place
    parts = parts_of(points, size)
    own = np.concatenate([part.rows[part.own] for part in parts])
    assert sorted(own.tolist()) == list(range(total))
    for part in parts:
        assert len(part.rows) == min(size, total)
        assert len(np.unique(part.rows)) == len(part.rows)
        assert part.own.any()
