import pytest

from pcv.config.pretexts import PointCPSCConfig, PointCSPConfig
from pcv.config.recipe import build_recipe
from pcv.config.supervised import ClassifyConfig, SceneSegmentationConfig, SegmentationConfig
from pcv.errors import RecipeError


def test_a_name_chooses_the_objective() -> None:
    for stage, name, kind in (
        ("pretrain", "pointcpsc", PointCPSCConfig),
        ("finetune", "classify", ClassifyConfig),
        ("finetune", "segment", SegmentationConfig),
        ("finetune", "scene_segment", SceneSegmentationConfig),
    ):
        encoder = SERIAL if kind is SceneSegmentationConfig else {}
        tree = {"stage": stage, "objective": {"name": name}, "encoder": encoder}
        recipe = build_recipe(tree, "x")
        assert isinstance(recipe.objective, kind)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"name": "pointcpsc", "banksize": 1}, "did you mean bank_size"),
        ({"name": "pointcpsc", "negative_ratio": 1.5}, "objective.negative_ratio"),
        ({"name": "moco"}, "objective"),
        ({"name": "pointcsp", "flavor": "crop"}, "did you mean flavour"),
        ({"name": "pointcsp", "local_share": [0.3, 0.1]}, "smaller first"),
        ({"name": "pointcsp", "global_views": 1, "local_views": 0}, "no other to agree with"),
        ({"name": "pointcsp"}, "encoder.name must be serial"),
    ],
)
def test_a_bad_objective_is_one_line_that_names_the_key(keys: dict, said: str) -> None:
    with pytest.raises(RecipeError) as caught:
        build_recipe({"stage": "pretrain", "objective": keys}, "x")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


SERIAL = {"name": "serial", "inputs": ["xyz"]}


@pytest.mark.parametrize(
    ("objective", "data", "encoder", "said"),
    [
        ({"name": "pointcsp"}, {"points": 4096}, SERIAL, "the smallest global crop holds 983"),
        (
            {"name": "pointcsp", "global_points": 64},
            {"points": 4096},
            SERIAL,
            "smallest local crop",
        ),
        ({"name": "pointcpsc"}, {}, {"name": "serial"}, r"encoder.inputs must be \[xyz\]"),
    ],
)
def test_parts_that_do_not_fit_are_one_line(objective, data, encoder, said) -> None:
    tree = {"stage": "pretrain", "objective": objective, "data": data, "encoder": encoder}
    with pytest.raises(RecipeError, match=said) as caught:
        build_recipe(tree, "x")
    assert "\n" not in str(caught.value)


def test_views_that_hold_enough_points_pass() -> None:
    small = {"name": "pointcsp", "global_points": 256, "local_points": 128}
    tree = {"stage": "pretrain", "objective": small, "data": {"points": 4096}, "encoder": SERIAL}
    assert isinstance(build_recipe(tree, "x").objective, PointCSPConfig)
