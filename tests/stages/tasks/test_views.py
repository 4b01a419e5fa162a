import numpy as np
import pytest

from pcv.config.recipe import Recipe
from pcv.data.splits import Split
from pcv.stages.finished import FinishedRun
from pcv.stages.scoring.scores import Asked
from pcv.stages.tasks import TASKS
from tests.stages.posed_jobs import posed_run, posed_store

VIEWS = TASKS["views"]


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> FinishedRun:
    folder = tmp_path_factory.mktemp("posed")
    return FinishedRun.open(posed_run(posed_store(folder).path, folder / "run"))


def test_held_out_views_are_scored_beside_the_nearest(run) -> None:
    found = VIEWS.score(run.objective(0), Asked(run.open_store(), np.array([0]), run.recipe))
    assert {"psnr", "nearest_psnr", "depth_l1", "views"} <= set(found.values)
    assert found.confusion is None


def test_scenes_that_train_are_scored_where_none_tests() -> None:
    none, some = np.empty(0, np.int64), np.array([3])
    recipe = Recipe(stage="pretrain")
    assert VIEWS.scored(Split(some, none, none), recipe).tolist() == [3]
    assert VIEWS.scored(Split(none, none, some), recipe).tolist() == [3]
