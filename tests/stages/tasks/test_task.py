from pathlib import Path

import numpy as np
import pytest

from pcv.config.objective import TaskName
from pcv.config.recipe import Recipe
from pcv.config.registry import OBJECTIVE_CONFIGS
from pcv.data.splits import Split
from pcv.errors import InputError
from pcv.stages.finished import FinishedRun
from pcv.stages.tasks import NO_TASK, TASKS, Picture, Task, task_of
from pcv.train.exported import EXPORTED


def test_every_task_that_an_objective_names_is_one() -> None:
    assert set(TASKS) == set(TaskName.__args__)
    for config in OBJECTIVE_CONFIGS.values():
        assert config.task is None or config.task in TASKS
    assert task_of(Recipe(stage="pretrain")) is NO_TASK


@pytest.mark.parametrize("name", EXPORTED)
def test_every_task_that_is_exported_is_described(name: str) -> None:
    for scenes in (False, True):
        about = TASKS[name].about(scenes=scenes)
        filled = about.returns.format(classes=3, frames=4, points=5)
        assert "{" not in filled
        assert about.command.format(name="m").startswith("pcv predict m ")


def test_what_a_task_does_not_say_is_not_done(tmp_path: Path) -> None:
    split = Split(np.array([0]), np.array([1]), np.array([2]))
    recipe = Recipe(stage="pretrain")
    assert Task().scored(split, recipe).tolist() == split.test.tolist()
    run = FinishedRun(tmp_path, recipe, tmp_path)
    with pytest.raises(InputError, match="a run of pointcpsc; pcv view draws gaussiancross and"):
        Task().draw(run, Picture(tmp_path / "a.png"))
    for call in (
        lambda: Task().score(None, None), lambda: Task().class_rows(np.zeros((1, 1), int), ["a"]),
        lambda: Task().worker(None, None, [], 1), lambda: Task().about(scenes=False),
    ):  # fmt: skip
        with pytest.raises(NotImplementedError):
            call()
