from pathlib import Path

import pytest

from pcv.config.recipe import build_recipe
from pcv.errors import InputError, RecipeError
from pcv.stages.job import Job, recipe_name


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


@pytest.mark.parametrize(
    ("file", "dataset", "name"),
    [
        ("recipes/msr.yaml", "msr", "msr"),
        ("recipes/msr/finetune.yaml", "msr", "msr-finetune"),
        ("recipes/utd/pretrain_small.yaml", "utd", "utd-pretrain_small"),
        ("mine.yaml", None, "mine"),
        ("utd_mine.yaml", "utd", "utd_mine"),
        ("utd_mine.yaml", "msr", "msr-utd_mine"),
    ],
)
def test_a_recipe_is_named_after_its_dataset_and_its_file(
    file: str, dataset: str | None, name: str
) -> None:
    assert recipe_name(Path(file), dataset) == name


def test_a_run_is_named_after_the_recipe(tmp_path: Path) -> None:
    text = "stage: pretrain\ndata: {dataset: utd}\ntrain: {seed: 3}\n"
    job = Job.load(recipe(tmp_path, text), "pretrain", Path("s"))
    assert (job.name, job.out) == ("utd-mine", Path("runs/utd-mine-seed3"))
    other = Job.load(recipe(tmp_path, text), "pretrain", Path("s"), None, ("data.dataset=ntu",))
    assert other.name == "ntu-mine"


def test_the_wrong_stage_and_no_store_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="a recipe for pcv pretrain, not for pcv probe"):
        Job.load(recipe(tmp_path), "probe", Path("s"))
    with pytest.raises(InputError, match="--store"):
        Job.load(recipe(tmp_path), "pretrain")


def test_a_path_that_cannot_be_written_down_is_one_line(tmp_path: Path) -> None:
    job = Job(build_recipe({"stage": "pretrain"}, "x"), "x", tmp_path / "n\udcff", tmp_path / "run")
    with pytest.raises(InputError, match="not UTF-8"):
        job.claim(resume=False)
    assert not (tmp_path / "run").exists()
