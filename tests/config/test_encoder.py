import pytest

from pcv.config.encoder import P4TransformerConfig, PSTNetConfig
from pcv.config.recipe import build_recipe
from pcv.errors import RecipeError


def test_a_name_chooses_the_encoder_and_pstnet_needs_none() -> None:
    def encoder(**keys: object) -> object:
        return build_recipe({"stage": "pretrain", "encoder": keys}, "x").encoder

    assert encoder(width=0.5) == PSTNetConfig(width=0.5)
    assert encoder(name="pstnet") == PSTNetConfig()
    chosen = encoder(name="p4transformer", form="scene")
    assert chosen == P4TransformerConfig(name="p4transformer", form="scene")


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"name": "pointnet"}, "encoder"),
        ({"name": "p4transformer", "pool": "sum"}, "unknown key encoder.pool"),
        ({"name": "p4transformer", "dept": 1}, "did you mean depth"),
        ({"name": "p4transformer", "temporal_kernel": 2}, "must be odd"),
        ({"name": "p4transformer", "neighbours": 80, "temporal_kernel": 5}, "at most 256"),
        ({"combine": "sum"}, "encoder.combine"),
        ({"name": 3}, "encoder"),
        ({"name": "serial", "inputs": []}, "at least one channel"),
        ({"name": "serial", "inputs": ["xyz", "xyz"]}, "each once"),
        ({"name": "serial", "inputs": ["rgb"]}, "encoder.inputs"),
        ({"name": "serial", "convolution": 4}, "convolution must be 0"),
        ({"name": "serial", "head": 2}, "did you mean heads"),
    ],
)
def test_a_bad_encoder_is_one_line_that_names_the_key(keys: dict, said: str) -> None:
    with pytest.raises(RecipeError) as caught:
        build_recipe({"stage": "pretrain", "encoder": keys}, "x")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
