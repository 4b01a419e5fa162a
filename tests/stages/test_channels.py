import pytest

from pcv.config.data import DataConfig
from pcv.config.encoder import SerialConfig
from pcv.config.objective import SceneSegmentConfig
from pcv.config.recipe import Recipe
from pcv.errors import RecipeError
from pcv.stages.channels import check_channels


def recipe(inputs, **data):
    return Recipe(
        stage="finetune", data=DataConfig(frames=1, **data),
        encoder=SerialConfig(name="serial", inputs=inputs),
        objective=SceneSegmentConfig(name="scene_segment"),
    )  # fmt: skip


def test_channels_that_the_store_has_and_the_recipe_asks_for_pass(labelled):
    check_channels(labelled, recipe(("xyz", "colour"), colour=True))
    check_channels(labelled, recipe(("xyz",)))
    check_channels(labelled, Recipe(stage="pretrain"))


@pytest.mark.parametrize(
    ("inputs", "data", "said"),
    [
        (("xyz", "normal"), {"normals": True}, "its points have no normals"),
        (("xyz", "colour"), {}, "set data.colour=true"),
    ],
)
def test_channels_that_are_missing_are_one_line(labelled, inputs, data, said):
    with pytest.raises(RecipeError, match=said) as caught:
        check_channels(labelled, recipe(inputs, **data))
    assert "\n" not in str(caught.value)
