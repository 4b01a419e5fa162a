import numpy as np
import pytest

from pcv.config.data import ColourAugmentConfig, ElasticConfig
from pcv.data.normals import normals_of_faces
from pcv.data.scenes.augment import augment_colour, deform

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


def test_contrast_is_a_blend_with_the_stretched_channels() -> None:
    """From the definition, a point at a time: each channel's range becomes 0 to 255, then a mix."""
    share = rng().random(2)[1]  # what is drawn first decides whether
    found = augment_colour(COLOUR, rng(), ColourAugmentConfig(contrast=1))
    for channel in range(3):
        values = [int(v) for v in COLOUR[0, :, channel]]
        low, high = min(values), max(values)
        for value, got in zip(values[:50], found[0, :50, channel].tolist(), strict=True):
            full = (value - low) / (high - low) * 255
            assert got == pytest.approx((1 - share) * value + share * full, abs=0.51)


def test_deformation_is_blurred_noise_read_between_the_corners_of_a_grid() -> None:
    """Slowly, a point at a time, from the same draws: trilinear reading of averaged noise."""
    points = rng(3).uniform(0, 1, (20, 3)).astype(np.float32)
    found, _ = deform(points, None, rng(4), ElasticConfig(chance=1, cell=(0.3,), strength=(0.5,)))
    draws = rng(4)
    draws.random()
    place = (points - points.min(0)) / 0.3
    noise = 0.5 * draws.standard_normal((*(place.astype(int).max(0) + 2), 3))
    for _ in range(2):
        for axis in range(3):
            lines = np.moveaxis(noise, axis, -1)
            lines = np.apply_along_axis(np.convolve, -1, lines, np.full(3, 1 / 3), mode="same")
            noise = np.moveaxis(lines, -1, axis)
    for point, moved, where in zip(points, found, place, strict=True):
        corner, inside = where.astype(int), where - where.astype(int)
        shift = sum(
            np.prod(np.where(step, inside, 1 - inside)) * noise[tuple(corner + step)]
            for step in np.ndindex(2, 2, 2)
        )
        np.testing.assert_allclose(moved - point, shift, atol=1e-5)
