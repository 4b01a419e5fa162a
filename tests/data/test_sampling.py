import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pcv.data.sampling import sample_points


@given(st.integers(1, 4), st.integers(1, 30), st.data())
def test_a_subset_without_repetition_in_the_same_order(
    frames: int, stored: int, data: st.DataObject
) -> None:
    count = data.draw(st.integers(1, stored))
    points = np.arange(frames * stored * 3, dtype=np.float32).reshape(frames, stored, 3)
    found = sample_points(points, count, np.random.default_rng(0))
    assert found.shape == (frames, count, 3)
    for before, after in zip(points, found, strict=True):
        assert (np.diff(after[:, 0]) > 0).all()
        assert set(after[:, 0]) <= set(before[:, 0])


def test_every_point_is_drawn_equally_often() -> None:
    points = np.tile(np.arange(8, dtype=np.float32)[:, None], (1, 3))[None].repeat(4000, 0)
    found = sample_points(points, 3, np.random.default_rng(0))
    share = np.bincount(found[..., 0].astype(int).ravel(), minlength=8) / 4000
    np.testing.assert_allclose(share, 3 / 8, atol=0.03)
