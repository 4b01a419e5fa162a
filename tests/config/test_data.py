import pytest

from pcv.config.recipe import build_recipe
from pcv.errors import RecipeError


@pytest.mark.parametrize(
    ("section", "keys", "said"),
    [
        ("data", {"region": {"share": 1.5}}, "data.region.share"),
        ("data", {"spacing": -0.1}, "data.spacing"),
        ("data", {"region": {"radios": 1.0}}, "did you mean radius"),
        ("augment", {"scale": [2.0, 1.0]}, "the smaller first"),
        ("augment", {"intervals": [0]}, "intervals must be positive"),
        ("augment", {"elastic": {"cell": [0.2], "strength": [0.4, 1.6]}}, "equally long"),
        ("augment", {"colour": {"contrast": 2.0}}, "augment.colour.contrast"),
    ],
)
def test_a_bad_section_is_one_line_that_names_the_key(section, keys, said) -> None:
    with pytest.raises(RecipeError) as caught:
        build_recipe({"stage": "pretrain", section: keys}, "x")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
