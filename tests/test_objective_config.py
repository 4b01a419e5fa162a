import pytest

from pcv.config import ClassifyConfig, PointCPSCConfig, SegmentConfig, build_recipe
from pcv.errors import RecipeError


def test_a_name_chooses_the_objective() -> None:
    for stage, name, kind in (
        ("pretrain", "pointcpsc", PointCPSCConfig),
        ("finetune", "classify", ClassifyConfig),
        ("finetune", "segment", SegmentConfig),
    ):
        recipe = build_recipe({"stage": stage, "objective": {"name": name}}, "x")
        assert isinstance(recipe.objective, kind)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"name": "pointcpsc", "banksize": 1}, "did you mean bank_size"),
        ({"name": "pointcpsc", "negative_ratio": 1.5}, "objective.negative_ratio"),
        ({"name": "moco"}, "objective"),
    ],
)
def test_a_bad_objective_is_one_line_that_names_the_key(keys: dict, said: str) -> None:
    with pytest.raises(RecipeError) as caught:
        build_recipe({"stage": "pretrain", "objective": keys}, "x")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
