"""A ValueError of a model is a mistake in the recipe until the first step is done."""

import pytest

from pcv.config.recipe import build_recipe
from pcv.errors import RecipeError
from pcv.stages.building import as_recipe_says
from pcv.stages.job import Job
from pcv.stages.training import pretrain

TINY = build_recipe(
    {
        "stage": "pretrain",
        "data": {"frames": 8, "points": 32, "epoch": "videos"},
        "encoder": {"width": 0.05},
        "objective": {"channels": 16, "autoregressor_depth": 1},
        "train": {"epochs": 1, "batch": 2},
    },
    "tiny",
)
RECIPE = build_recipe({"stage": "pretrain"}, "x")


def test_what_a_model_refuses_is_told_of_the_recipe() -> None:
    said = "encoder pstnet with objective pointcpsc: 3 frames; change"
    with pytest.raises(RecipeError, match=said), as_recipe_says(RECIPE):
        raise ValueError("3\nframes")


def test_later_and_other_errors_stay_what_they_are() -> None:
    with pytest.raises(ValueError, match="a bug"), as_recipe_says(RECIPE, lambda: False):
        raise ValueError("a bug")
    with pytest.raises(KeyError), as_recipe_says(RECIPE):
        raise KeyError("a bug")


@pytest.mark.parametrize("where", ["build", "forward"])
def test_training_tells_of_the_recipe(where: str, store, tmp_path, monkeypatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise ValueError("odd sizes")

    monkeypatch.setattr(f"pcv.objectives.pointcpsc.PointCPSC.{where}", refuse)
    with pytest.raises(RecipeError, match="odd sizes; change the sections"):
        pretrain(Job(TINY, "tiny", store.path, tmp_path / "run"))
