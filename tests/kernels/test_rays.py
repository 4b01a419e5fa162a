import numpy as np

from pcv.kernels.rays import cast_rectangles


def turned(rng: np.random.Generator) -> np.ndarray:
    """A corner and two sides at right angles, somewhere ahead."""
    basis = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    sides = basis[:2] * rng.uniform(1, 3, (2, 1))
    return np.concatenate([rng.uniform((2, -2, -2), (6, 2, 2))[None] - sides.sum(0) / 2, sides])


def test_rays_meet_the_nearest_rectangle() -> None:
    """Against the three equations of each ray and rectangle, solved one by one."""
    rng = np.random.default_rng(0)
    rectangles = np.stack([turned(rng) for _ in range(6)])
    rays = np.column_stack([np.ones(300), rng.uniform(-0.5, 0.5, (300, 2))])
    eye = np.array([0.2, -0.1, 0.3])
    distance, hit, position = np.empty(300), np.empty(300, np.int32), np.zeros((300, 2))
    cast_rectangles(eye, rays, rectangles, distance, hit, position)
    for ray, d, k, uv in zip(rays, distance, hit, position, strict=True):
        found = {}
        for number, (corner, across, along) in enumerate(rectangles):
            t, u, v = np.linalg.solve(np.stack([ray, -across, -along], 1), corner - eye)
            if t > 0 and 0 <= u <= 1 and 0 <= v <= 1:
                found[number] = (t, u, v)
        if not found:
            assert (k, d) == (-1, np.inf)
            continue
        assert k == min(found, key=lambda number: found[number][0])
        np.testing.assert_allclose((d, *uv), found[k], atol=1e-9)
    assert (hit >= 0).sum() > 100
    assert (hit < 0).any()


def test_what_is_behind_or_parallel_is_not_met() -> None:
    wall = np.array([[[2.0, -1, -1], [0, 2, 0], [0, 0, 2]]])
    rays = np.array([[1.0, 0, 0], [-1, 0, 0], [0, 1, 0], [1, 0, 0.9]])
    distance, hit, position = np.empty(4), np.empty(4, np.int32), np.zeros((4, 2))
    cast_rectangles(np.zeros(3), rays, wall, distance, hit, position)
    assert hit.tolist() == [0, -1, -1, -1]
    assert distance[0] == 2
    assert position[0].tolist() == [0.5, 0.5]
