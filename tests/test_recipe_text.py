"""Overrides and mistakes; more of them in test_config."""

import pytest
from pydantic import BaseModel, ConfigDict, ValidationError

from pcv.errors import RecipeError
from pcv.recipe_text import apply_override, explain, one_line


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")
    radius: float = 1.0


class Outer(BaseModel):
    inner: Inner = Inner()


def test_an_override_is_yaml_at_a_path():
    tree = {"a": {"b": 1}}
    apply_override(tree, "a.b=[1, 2]")
    apply_override(tree, "c.d=true")
    assert tree == {"a": {"b": [1, 2]}, "c": {"d": True}}
    for wrong, why in (("a", "expected KEY=VALUE"), ("a.b.c=1", "is a value"), ("a=[", "--set")):
        with pytest.raises(RecipeError, match=why):
            apply_override(tree, wrong)


def test_a_wrong_key_names_the_right_one():
    with pytest.raises(ValidationError) as error:
        Outer.model_validate({"inner": {"radious": 2}})
    assert explain(dict(error.value.errors()[0]), Outer, {}) == (
        "unknown key inner.radious, did you mean radius? (known: radius)"
    )
    assert one_line(ValueError("a\n b")) == "a b"
