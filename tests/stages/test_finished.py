from pathlib import Path

import pytest

from pcv.errors import InputError
from pcv.stages.finished import FinishedRun


def test_a_run_names_its_store(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text("stage: pretrain\nstore: of/the/recipe\n")
    assert FinishedRun.open(tmp_path).store == Path("of/the/recipe")
    (tmp_path / "inputs.json").write_text('{"store": "some/where"}')
    run = FinishedRun.open(tmp_path)
    assert (run.recipe.stage, run.store) == ("pretrain", Path("some/where"))


def test_a_run_of_an_older_release_names_its_store(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text("# store: some/where\nstage: pretrain\n")
    assert FinishedRun.open(tmp_path).store == Path("some/where")


def test_only_scoring_can_be_changed_afterwards(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a run folder"):
        FinishedRun.open(tmp_path)
    with pytest.raises(InputError, match=r"only eval\.KEY can be changed"):
        FinishedRun.open(tmp_path, ("train.seed=1",))
