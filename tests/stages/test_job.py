from pathlib import Path

import pytest

from pcv.errors import InputError, RecipeError
from pcv.stages.job import Job


def recipe(folder: Path, text: str = "stage: pretrain\n") -> Path:
    path = folder / "mine.yaml"
    path.write_text(text)
    return path


def test_what_is_not_given_has_a_default(tmp_path: Path) -> None:
    path = recipe(tmp_path, "stage: pretrain\nstore: stores/x\ntrain: {seed: 4}\n")
    job = Job.load(path, "pretrain")
    assert (job.store, job.out, job.start) == (Path("stores/x"), Path("runs/mine-seed4"), None)
    given = Job.load(path, "pretrain", Path("s"), Path("o"), ("train.seed=5",))
    assert (given.store, given.out, given.recipe.train.seed) == (Path("s"), Path("o"), 5)


def test_the_wrong_stage_and_no_store_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="a recipe for pcv pretrain, not for pcv probe"):
        Job.load(recipe(tmp_path), "probe", Path("s"))
    with pytest.raises(InputError, match="--store"):
        Job.load(recipe(tmp_path), "pretrain")
