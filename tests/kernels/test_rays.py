import numpy as np

from pcv.kernels.rays import cast_boxes


def test_rays_meet_the_nearest_box() -> None:
    """By definition: the first place along the ray, in small steps, that lies inside a box."""
    rng = np.random.default_rng(0)
    angle = rng.uniform(0, np.pi, 5)
    centres = rng.uniform((3, -3, -3), (9, 3, 3), (5, 3))
    halves = rng.uniform(0.3, 1, (5, 3))
    boxes = np.column_stack([centres, halves, np.cos(angle), np.sin(angle)])
    rays = np.column_stack([np.ones(200), rng.uniform(-0.4, 0.4, (200, 2))])
    eye = np.array([0.2, -0.1, 0.3])
    distance, hit = np.empty(200), np.empty(200, np.int32)
    side = np.empty(200, np.int8)
    cast_boxes(eye, rays, boxes, distance, hit, side)
    steps = np.arange(0, 12, 0.002)
    for ray, d, k in zip(rays, distance, hit, strict=True):
        places = (eye + steps[:, None] * ray)[:, None] - boxes[None, :, :3]
        c, s = boxes[:, 6], boxes[:, 7]
        own = np.stack(
            [
                c * places[..., 0] + s * places[..., 1],
                c * places[..., 1] - s * places[..., 0],
                places[..., 2],
            ],
            -1,
        )
        inside = (np.abs(own) < boxes[:, 3:6]).all(-1)
        if not inside.any():
            assert k == -1
            continue
        first = int(inside.any(1).argmax())
        assert steps[first] - 0.002 <= d <= steps[first]
        assert inside[first, k]
    assert (hit >= 0).sum() > 30
    assert (hit < 0).any()


def test_a_flat_ray_and_the_side_that_is_met() -> None:
    box = np.array([[5.0, 0, 0, 1, 1, 1, 1, 0]])
    rays = np.array([[1.0, 0, 0], [1, 0.21, 0], [0, 1, 0], [-1, 0, 0], [1, 0, 0.3]])
    distance, hit, side = np.empty(5), np.empty(5, np.int32), np.empty(5, np.int8)
    cast_boxes(np.zeros(3), rays, box, distance, hit, side)
    assert hit.tolist() == [0, 0, -1, -1, -1]
    assert distance[:2].tolist() == [4, 4]
    assert side[:2].tolist() == [0, 0]
    cast_boxes(np.array([5.0, 0, 4]), np.array([[0.1, 0, -1]]), box, distance, hit, side)
    assert (distance[0], side[0]) == (3, 2)
