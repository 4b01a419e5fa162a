import numpy as np
import pytest

from pcv.config.data import AugmentConfig
from pcv.data.augment import augment, augment_points, turn_normals

POINTS = np.random.default_rng(0).standard_normal((3, 40, 3)).astype(np.float32)


def changed(seed: int = 0, **options: object) -> np.ndarray:
    config = AugmentConfig(**({"scale": (1.0, 1.0)} | options))
    return augment(POINTS, np.random.default_rng(seed), config)


def test_nothing_asked_nothing_changed() -> None:
    np.testing.assert_array_equal(changed(), POINTS)


def test_rotation_keeps_height_and_distance_from_the_axis() -> None:
    found = changed(rotate=90.0)
    assert not np.allclose(found, POINTS)
    np.testing.assert_array_equal(found[..., 1], POINTS[..., 1])
    np.testing.assert_allclose(
        np.hypot(found[..., 0], found[..., 2]), np.hypot(POINTS[..., 0], POINTS[..., 2]), rtol=1e-5
    )


@pytest.mark.parametrize("anisotropic", [True, False])
def test_scale_is_one_factor_an_axis_for_all_frames(anisotropic: bool) -> None:
    ratio = changed(scale=(0.5, 2.0), anisotropic=anisotropic) / POINTS
    assert np.ptp(ratio, axis=(0, 1)).max() < 1e-4
    assert (np.ptp(ratio[0, 0]) > 1e-3) == anisotropic
    assert 0.5 <= ratio.min() <= ratio.max() <= 2.0


def test_mirror_flips_left_and_right() -> None:
    np.testing.assert_array_equal(changed(mirror=1.0), POINTS * np.float32([-1, 1, 1]))


def test_shift_is_one_offset_within_its_bound() -> None:
    offset = changed(shift=0.3) - POINTS
    assert np.ptp(offset, axis=(0, 1)).max() < 1e-5
    assert 0 < np.abs(offset).max() <= 0.3


def test_jitter_has_its_deviation() -> None:
    assert (changed(jitter=0.02) - POINTS).std() == pytest.approx(0.02, rel=0.2)


def test_drop_replaces_some_points_by_the_first_and_keeps_the_rest() -> None:
    found = changed(5, drop=0.9)
    replaced = (found == POINTS[:, :1]).all(-1)
    assert 0 < replaced[:, 1:].mean() <= 0.9
    np.testing.assert_array_equal(found[~replaced], POINTS[~replaced])


def test_the_seed_decides() -> None:
    options = {"rotate": 30.0, "scale": (0.8, 1.2), "jitter": 0.1, "drop": 0.5, "shift": 0.1}
    np.testing.assert_array_equal(changed(1, **options), changed(1, **options))
    assert not np.array_equal(changed(1, **options), changed(2, **options))


def test_tilt_turns_the_vertical_by_at_most_its_angles() -> None:
    matrix = augment_points(
        POINTS, np.random.default_rng(0), AugmentConfig(scale=(1.0, 1.0), tilt=10.0)
    ).matrix
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(3), atol=1e-6)
    assert 0.96 < matrix[1, 1] < 1
    np.testing.assert_allclose(changed(tilt=10.0), POINTS @ matrix, atol=1e-5)


def test_normals_stay_across_their_plane() -> None:
    rng = np.random.default_rng(0)
    config = AugmentConfig(scale=(0.5, 2.0), rotate=180, tilt=30, mirror=1.0)
    plane = np.linalg.qr(rng.normal(size=(3, 3)))[0].astype(np.float32)
    points = rng.normal(size=(1, 50, 2)).astype(np.float32) @ plane[:2]
    moved = augment_points(points, rng, config)
    found = turn_normals(np.stack([plane[2], 0 * plane[2]]), moved.matrix)
    np.testing.assert_allclose(moved.points @ found[0], 0, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), [1, 0], atol=1e-6)
