import numpy as np

from pcv.config.recipe import Recipe
from pcv.stages.scoring.scores import Asked, Scores


def test_classes_are_counted_as_the_recipe_tells_them_apart(store) -> None:
    asked = Asked(store, np.arange(1), Recipe(stage="pretrain"))
    assert asked.classes == len(store.class_names)


def test_what_was_not_counted_is_not_told() -> None:
    assert Scores({"psnr": 20.0})[1:] == (None, None, None)
