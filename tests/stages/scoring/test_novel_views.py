"""Held-out views of a store, as a run and its score meet them."""

import numpy as np
import pytest
import torch

from pcv.errors import InputError
from pcv.stages.scoring.novel_views import first_points, novel_views
from pcv.stages.training import pretrain
from pcv.train.run import RunFolder
from tests.stages.posed_jobs import posed_job, posed_run, posed_store


@pytest.fixture(scope="module")
def posed(tmp_path_factory):
    return posed_store(tmp_path_factory.mktemp("posed"))


def test_held_out_views_meet_the_farthest_sample_of_their_scene(posed):
    job = posed_job(posed.path, posed.path.parent / "unused")
    found = novel_views(posed, np.arange(2), job.recipe)
    assert len(found) == 2
    for scene, one in enumerate(found):
        assert one.batch.points.shape == (1, 1, 500, 3)
        assert one.batch.point_colour.shape == (1, 1, 500, 3)
        whole = posed.read(scene, np.zeros(1, np.int64), 500)[0]
        moved = torch.from_numpy(whole) - one.batch.points[0, 0]
        assert torch.allclose(moved, moved[:1].expand(500, 3), atol=1e-5)
        assert one.real.frame.tolist() == [[1, 4]]
        assert one.known.frame.tolist() == [[0, 2, 3, 5]]
        assert torch.equal(one.real.colour, one.batch.views.colour)


def test_points_of_the_views_lie_on_the_cloud(posed):
    """Depth taken back through the folded pose meets the points: one world for both."""
    job = posed_job(posed.path, posed.path.parent / "unused", data={"points": 2000})
    one = novel_views(posed, np.arange(1), job.recipe)[0]
    views = one.batch.views
    depth, k = views.depth[0, 0], views.intrinsics[0, 0]
    y, x = torch.nonzero(depth > 0, as_tuple=True)
    z = depth[y, x]
    local = torch.stack([(x + 0.5 - k[0, 2]) / k[0, 0], (y + 0.5 - k[1, 2]) / k[1, 1],
                         torch.ones_like(z)], 1) * z[:, None]  # fmt: skip
    back = torch.linalg.inv(views.world_to_camera[0, 0])
    world = local @ back[:3, :3].T + back[:3, 3]
    near = torch.cdist(world, one.batch.points[0, 0]).amin(1)
    assert near.median() < 0.1


def test_a_run_reports_them_and_resumes_to_the_same(posed, tmp_path):
    result = pretrain(posed_job(posed.path, tmp_path / "run"))
    assert result.scores["views"] == 4
    for name in ("psnr", "depth_l1", "nearest_psnr", "nearest_depth_l1"):
        assert np.isfinite(result.scores[name])
    again = pretrain(posed_job(posed.path, tmp_path / "again"))
    assert again.scores == result.scores
    lines = RunFolder(tmp_path / "run").metrics()
    assert {"colour", "depth", "semantic", "alpha", "drawn_cells"} <= set(lines[0])


def test_a_cached_teacher_of_another_size_is_one_line(posed, tmp_path):
    from pcv.data.scenes.teacher_features import finish_features, write_features

    for video, name in enumerate(posed.videos.name):
        for frame in range(int(posed.views.count[video])):
            write_features(tmp_path / "f", name, frame, np.ones((2, 3, 5)))
    finish_features(tmp_path / "f", "ones", (2, 3, 5))
    asked = {"data": {"teacher": str(tmp_path / "f")}, "teacher": "cached"}
    run = posed_run(posed.path, tmp_path / "run", **asked, teacher_channels=5)
    assert RunFolder(run).result().scores["semantic"] < 2
    with pytest.raises(InputError, match=r"5 channels.*teacher_channels is 6"):
        posed_run(posed.path, tmp_path / "other", **asked, teacher_channels=6)


def test_stores_without_views_are_refused(labelled, posed):
    recipe = posed_job(posed.path, posed.path).recipe
    with pytest.raises(InputError, match="no scenes with posed images"):
        novel_views(labelled, np.arange(1), recipe)


def test_first_points_take_all_columns_with_them(posed):
    recipe = posed_job(posed.path, posed.path).recipe
    batch = novel_views(posed, np.arange(1), recipe)[0].batch
    fewer = first_points(batch, 7)
    assert fewer.points.shape[2] == fewer.point_normal.shape[2] == fewer.point_index.shape[2] == 7
    assert fewer.views is batch.views
