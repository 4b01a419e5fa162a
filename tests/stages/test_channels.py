import pytest

from pcv.config import DataConfig, Recipe, SceneSegmentConfig, SerialConfig
from pcv.errors import RecipeError
from pcv.stages.channels import check_inputs


def recipe(inputs, **data):
    return Recipe(
        stage="finetune", data=DataConfig(frames=1, **data),
        encoder=SerialConfig(name="serial", inputs=inputs),
        objective=SceneSegmentConfig(name="scene_segment"),
    )  # fmt: skip


def test_channels_that_the_store_has_and_the_recipe_asks_for_pass(labelled):
    check_inputs(recipe(("xyz", "colour"), colour=True), labelled)
    check_inputs(recipe(("xyz",)), labelled)
    check_inputs(Recipe(stage="pretrain"), labelled)


@pytest.mark.parametrize(
    ("inputs", "data", "said"),
    [
        (("xyz", "normal"), {"normals": True}, "its points have no normals"),
        (("xyz", "colour"), {}, "set data.colour=true"),
    ],
)
def test_channels_that_are_missing_are_one_line(labelled, inputs, data, said):
    with pytest.raises(RecipeError, match=said) as caught:
        check_inputs(recipe(inputs, **data), labelled)
    assert "\n" not in str(caught.value)
