"""Ellipses in the image, and who is left out."""

import torch

from pcv.render.gaussians import DEFAULTS, Gaussians
from pcv.render.projection import FAINTEST, project
from tests.render.scenes import cameras, random_gaussians


def one(mean, scale=0.01, opacity=0.9):
    return Gaussians(
        torch.tensor([mean]), torch.tensor([[1.0, 0, 0, 0]]), torch.full((1, 3), scale),
        torch.tensor([opacity]), torch.ones(1, 1),
    )  # fmt: skip


def splats(gaussians, **changes):
    camera = cameras(60, 80, dtype=torch.float32)
    matrix, k = camera.world_to_camera[0], camera.intrinsics[0]
    return project(gaussians, matrix, k, (60, 80), DEFAULTS._replace(**changes))


def test_a_small_ball_is_a_blurred_dot_where_the_pinhole_says():
    found = splats(one([0.5, -0.25, 2.0]))
    k = cameras(60, 80).intrinsics[0]
    expected = [k[0, 0] * 0.25 + k[0, 2], k[1, 1] * -0.125 + k[1, 2]]
    assert torch.allclose(found.centre[0], torch.tensor(expected).float())
    assert found.depth.tolist() == [2.0]
    flat = one([0.5, -0.25, 2.0], scale=1e-7)
    assert torch.allclose(splats(flat).conic, torch.tensor([[1 / 0.3, 0, 1 / 0.3]]), atol=1e-4)


def test_what_cannot_be_seen_is_left_out():
    ahead = [0.0, 0.0, 2.0]
    assert len(splats(one(ahead)).source) == 1
    assert len(splats(one(ahead), near=2.5).source) == 0
    assert len(splats(one(ahead), far=1.5).source) == 0
    assert len(splats(one([0.0, 0.0, -2.0])).source) == 0
    assert len(splats(one([50.0, 0.0, 2.0])).source) == 0
    assert len(splats(one(ahead, opacity=0.9 * FAINTEST)).source) == 0


def test_splats_come_nearest_first():
    found = splats(Gaussians(*(part.float() for part in random_gaussians(200))))
    assert (found.depth.diff() >= 0).all()
    assert 20 < len(found.source) < 200


def test_reach_covers_all_that_is_not_too_faint():
    gaussians = random_gaussians(200)
    camera = cameras(60, 80)
    found = project(gaussians, camera.world_to_camera[0], camera.intrinsics[0], (60, 80), DEFAULTS)
    draw = torch.Generator().manual_seed(0)
    offset = torch.randn(200, len(found.source), 2, generator=draw, dtype=torch.float64)
    offset *= 1.5 * found.reach
    xx, xy, yy = found.conic.unbind(1)
    x, y = offset.unbind(2)
    alpha = gaussians.opacity[found.source] * torch.exp(
        -0.5 * (xx * x * x + 2 * xy * x * y + yy * y * y)
    )
    beyond = (offset.abs() > found.reach).any(2)
    assert beyond.any()
    assert alpha[beyond].max() < FAINTEST
