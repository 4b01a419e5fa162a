"""Scores of held-out views, and the nearest frame."""

import math

import pytest
import torch

from pcv.evaluate.novel_views import (
    NovelViews,
    depth_l1,
    draw_views,
    nearest_views,
    psnr,
    score_views,
)
from tests.objectives.test_gaussiancross import make, room


def test_psnr_is_that_of_the_mean_squared_error():
    image = torch.zeros(2, 4, 4, 3)
    assert torch.allclose(psnr(image, image + 0.1), torch.tensor([20.0, 20.0]))
    assert psnr(image, image)[0] == 100


def test_depth_counts_where_both_are_known():
    wanted = torch.tensor([[[1.0, 0, 3]], [[0.0, 0, 0]]])
    found = depth_l1(torch.full((2, 1, 3), 2.0), wanted, torch.tensor([[[True, True, False]]] * 2))
    assert found[0] == 1
    assert found[1].isnan()


def test_the_nearest_camera_is_near_in_place_and_direction():
    def camera(x, angle):
        turn = torch.eye(4)
        cosine, sine = math.cos(angle), math.sin(angle)
        turn[0, 0], turn[0, 2], turn[2, 0], turn[2, 2] = cosine, -sine, sine, cosine
        turn[:3, 3] = -turn[:3, :3] @ torch.tensor([x, 0.0, 0.0])
        return turn

    known = torch.stack([camera(0, 0), camera(0.1, 1.5), camera(3, 0)])
    asked = torch.stack([camera(0.2, 0.1), camera(0.2, 1.2), camera(2.5, 0)])
    assert nearest_views(asked, known).tolist() == [0, 1, 2]
    with pytest.raises(ValueError, match="no view"):
        nearest_views(asked, known[:0])


def test_scores_are_means_over_views():
    objective, batch = make(), room()
    one = batch._replace(
        points=batch.points[:1], point_colour=batch.point_colour[:1], label=batch.label[:1],
        video=batch.video[:1], views=type(batch.views)(*(
            None if part is None else part[:1] for part in batch.views)),
    )  # fmt: skip
    objective(batch)  # sets the running statistics
    scene = NovelViews(one, one.views, one.views)
    found = score_views(objective, [scene, scene])
    drawn = draw_views(objective, one)
    assert found["views"] == 4
    assert found["psnr"] == pytest.approx(float(psnr(drawn.colour[0], one.views.colour[0]).mean()))
    assert found["nearest_psnr"] == 100  # the very same views
    assert found["nearest_depth_l1"] == 0
    assert objective.training
    assert score_views(objective, []) == {}
