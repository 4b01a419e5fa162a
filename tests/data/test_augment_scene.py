import numpy as np
import pytest

from pcv.config import ColourAugmentConfig, ElasticConfig
from pcv.data.augment_scene import augment_colour, deform
from pcv.data.normals import normals_of_faces

COLOUR = np.random.default_rng(0).integers(60, 180, (1, 500, 3)).astype(np.uint8)


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_nothing_asked_for_changes_nothing() -> None:
    np.testing.assert_array_equal(augment_colour(COLOUR, rng(), ColourAugmentConfig()), COLOUR)
    points = np.zeros((5, 3), np.float32)
    assert deform(points, None, rng(), ElasticConfig())[0] is points


def test_contrast_reaches_towards_both_ends() -> None:
    found = augment_colour(COLOUR, rng(), ColourAugmentConfig(contrast=1))
    assert found.min() < COLOUR.min()
    assert found.max() > COLOUR.max()
    order = COLOUR[0, :, 0].argsort()
    assert (np.diff(found[0, order, 0].astype(int)) >= 0).all()
    flat = np.full((4, 3), 9, np.uint8)
    np.testing.assert_array_equal(
        augment_colour(flat, rng(), ColourAugmentConfig(contrast=1)), flat
    )


def test_a_shift_is_the_same_for_all_points_and_bounded() -> None:
    config = ColourAugmentConfig(shift=0.1, shift_chance=1)
    moved = augment_colour(COLOUR, rng(), config).astype(int) - COLOUR
    assert np.ptp(moved, axis=1).max() == 0
    assert 0 < np.abs(moved).max() <= 26


def test_jitter_differs_by_point_and_dropped_colours_are_all_alike() -> None:
    config = ColourAugmentConfig(jitter=0.05, jitter_chance=1)
    moved = augment_colour(COLOUR, rng(), config).astype(int) - COLOUR
    assert 9 < moved.std() < 17  # 0.05 of 255 is 12.75
    assert (augment_colour(COLOUR, rng(), ColourAugmentConfig(drop=1)) == 127).all()
    wild = augment_colour(COLOUR, rng(), ColourAugmentConfig(jitter=1, jitter_chance=1))
    assert {wild.min(), wild.max()} == {0, 255}  # cut off, not wrapped around


def grid(size: int = 60, step: float = 0.02) -> tuple[np.ndarray, np.ndarray]:
    """A flat sheet and its triangles."""
    u, v = np.meshgrid(np.arange(size), np.arange(size), indexing="ij")
    points = np.stack([u.ravel() * step, v.ravel() * step, 0 * u.ravel()], 1)
    first = (np.arange(size - 1)[:, None] * size + np.arange(size - 1)).ravel()
    lower = np.stack([first, first + size, first + size + 1], 1)
    upper = np.stack([first, first + size + 1, first + 1], 1)
    return points.astype(np.float32), np.concatenate([lower, upper])


@pytest.mark.parametrize("cell", [(0.2,), (0.3, 0.8)])
def test_normals_follow_the_deformed_surface(cell: tuple[float, ...]) -> None:
    """Equal to the normals of the deformed mesh, but where it is bent between cells."""
    points, faces = grid()
    config = ElasticConfig(chance=1, cell=cell, strength=tuple(2 * c for c in cell))
    flat = np.broadcast_to(np.float32([0, 0, 1]), points.shape)
    moved, normals = deform(points, flat, rng(2), config)
    wanted = normals_of_faces(moved, faces)
    agree = (normals * wanted).sum(1)
    assert (agree > 0.99).mean() > 0.9
    assert (wanted[:, 2] < 0.995).mean() > 0.2  # the sheet is truly bent
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-5)


def test_neighbours_move_alike_and_chance_is_kept() -> None:
    points, _ = grid()
    moved = deform(points, None, rng(), ElasticConfig(chance=1))[0] - points
    step = np.abs(np.diff(moved.reshape(60, 60, 3), axis=0)).max()
    assert step < 0.1 * np.ptp(moved)
    config = ElasticConfig(chance=0.3)
    changed = [not np.array_equal(deform(points, None, rng(i), config)[0], points)
               for i in range(60)]  # fmt: skip
    assert 5 < sum(changed) < 32
