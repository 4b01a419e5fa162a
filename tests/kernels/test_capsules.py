import numpy as np

from pcv.kernels.capsules import cast_capsules

SIZE, FOCAL, CENTRE = (24, 32), (30.0, 28.0), (15.0, 12.5)  # rows and columns; along a row first


def cast(shapes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    depth, parts = np.full(SIZE, np.inf, np.float32), np.zeros(SIZE, np.uint8)
    cast_capsules(shapes, *FOCAL, *CENTRE, depth, parts)
    return depth, parts


def marched(shapes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Walk along each ray by the distance to the nearest capsule, which never leads inside."""
    v, u = np.indices(SIZE)
    rays = np.stack([(u - CENTRE[0]) / FOCAL[0], (v - CENTRE[1]) / FOCAL[1], np.ones(SIZE)], -1)
    length = np.linalg.norm(rays, axis=-1)
    z = np.zeros(SIZE)
    a, b, r = shapes[:, :3], shapes[:, 3:6], shapes[:, 6]
    for _ in range(400):
        off = (z[..., None] * rays)[..., None, :] - a  # (H, W, n, 3)
        along = ((off * (b - a)).sum(-1) / ((b - a) ** 2).sum(-1)).clip(0, 1)
        away = np.linalg.norm(off - along[..., None] * (b - a), axis=-1) - r
        z = z + away.min(-1) / length
    return z, np.where(z < 50, away.argmin(-1) + 1, 0)


def test_each_pixel_sees_the_nearest_capsule() -> None:
    """Against a walk along each ray."""
    rng = np.random.default_rng(0)
    ends = rng.uniform((-1, -1, 2), (1, 1, 4), (5, 2, 3)).reshape(5, 6)
    shapes = np.column_stack([ends, rng.uniform(0.1, 0.4, 5)])
    depth, parts = cast(shapes)
    z, number = marched(shapes)
    clear = np.abs(z - depth) < 1e-3  # at an outline the walk takes more steps than it is given
    met = np.isfinite(depth)
    assert (met == (parts > 0)).all()
    assert (clear[met]).mean() > 0.98
    assert (parts[met & clear] == number[met & clear]).mean() > 0.99
    assert (z[~met] > 50).mean() > 0.98
    assert 100 < met.sum() < met.size


def test_what_is_behind_the_camera_is_not_seen() -> None:
    depth, parts = cast(np.array([[0.0, 0, -3, 0.1, 0, -3, 0.5]]))
    assert np.isinf(depth).all()
    assert not parts.any()


def test_what_is_nearer_already_stays() -> None:
    shapes = np.array([[-0.5, 0, 3, 0.5, 0, 3, 0.2]])
    depth, parts = np.full(SIZE, 1.0, np.float32), np.full(SIZE, 7, np.uint8)
    cast_capsules(shapes, *FOCAL, *CENTRE, depth, parts)
    assert (depth == 1).all()
    assert (parts == 7).all()
