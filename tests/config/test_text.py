"""Overrides and mistakes; test_recipe has more of them."""

import pytest
from pydantic import BaseModel, ConfigDict, ValidationError

from pcv.config.text import apply_override, explain, read_scene_names
from pcv.errors import RecipeError


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


def test_names_of_scenes_are_read_one_per_line(tmp_path):
    path = tmp_path / "1.txt"
    path.write_bytes(b"scene0191_00\r\nscene0003_01\n\n")
    assert read_scene_names(path) == ["scene0191_00", "scene0003_01"]


def test_what_is_no_list_of_scenes_is_one_line(tmp_path):
    made = {"empty": b"\n", "binary": b"\x80\xff", "huge": b"a\n" * (1 << 20)}
    for name, data in made.items():
        (tmp_path / name).write_bytes(data)
    for name, why in (("none", "cannot be read"), ("empty", "names no scene"),
                      ("binary", "not a text file"), ("huge", "bytes"), ("", "cannot be read"),
                      ("a\0b", "zero byte")):  # fmt: skip
        with pytest.raises(RecipeError, match=f"{why}.*one name per line") as error:
            read_scene_names(tmp_path / name)
        assert "\n" not in str(error.value)
