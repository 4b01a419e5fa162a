import json
import sys
from importlib.metadata import EntryPoint
from typing import Annotated, ClassVar, Literal

import pytest
from pydantic import ValidationError

from pcv import plugins
from pcv.config import chosen
from pcv.config.chosen import Chosen, NamedConfig
from pcv.config.section import Config
from pcv.errors import PluginError
from pcv.plugins import ENCODERS, Plugin


class Shape(NamedConfig):
    told = ("corners",)


class Square(Shape):
    name: Literal["square"] = "square"
    sides: tuple[int, ...] = (1,)


class Circle(Shape):
    name: Literal["circle"]
    radius: float = 1.0


OWN = {"square": Square, "circle": Circle}


class Outer(Config):
    shape: Annotated[Shape, Chosen(ENCODERS, OWN, Shape, "square")] = Square()


def test_the_name_chooses_and_nothing_of_it_is_lost() -> None:
    for tree in ({}, {"shape": {}}, {"shape": {"sides": [1, 2]}}, {"shape": {"name": "circle"}}):
        found = Outer.model_validate_json(json.dumps(tree))
        assert type(found.shape) is (Circle if "circle" in json.dumps(tree) else Square)
        assert Outer.model_validate_json(found.model_dump_json()) == found
    assert Outer(shape=Circle(name="circle", radius=2.0)).model_dump()["shape"]["radius"] == 2.0


@pytest.mark.parametrize(
    ("shape", "location", "said"),
    [
        ({"name": "oval"}, ("shape",), "no encoder has the name 'oval'; choose square, circle"),
        ({"name": ["square"]}, ("shape",), "no encoder has the name"),
        (3, ("shape",), "expected a mapping"),
        ({"name": "circle", "radius": "x"}, ("shape", "radius"), "valid number"),
        ({"sides": [1, "x"]}, ("shape", "sides", 1), "valid integer"),
        ({"corner": 1}, ("shape", "corner"), "Extra inputs"),
    ],
)
def test_a_mistake_is_located_in_the_section(shape: object, location: tuple, said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Outer.model_validate_json(json.dumps({"shape": shape}))
    (error,) = caught.value.errors()
    assert error["loc"] == location
    assert said in error["msg"]


def test_a_section_of_a_package_is_checked_too(monkeypatch) -> None:
    plugin = Plugin(ENCODERS, "oval", "others", EntryPoint("oval", "builtins:str", ENCODERS))
    monkeypatch.setattr(plugins, "installed", lambda group: (plugin,))
    with pytest.raises(PluginError, match="of the package others is builtins:str"):
        Outer.model_validate_json('{"shape": {"name": "oval"}}')
    with pytest.raises(ValidationError, match="choose square, circle, oval"):
        Outer.model_validate_json('{"shape": {"name": "round"}}')


class Bare(Shape):
    name: Literal["bare"] = "bare"


class Misnamed(Shape):
    corners: ClassVar[int] = 3
    name: str = "other"


@pytest.mark.parametrize(
    ("kind", "said"),
    [("Bare", "of the package others cannot be used: .*Bare has no corners"),
     ("Misnamed", "must declare `name: Literal"), ],
)  # fmt: skip
def test_a_section_of_a_package_that_says_too_little_is_named(monkeypatch, kind, said) -> None:
    entry = EntryPoint("bare", f"{__name__}:{kind}", ENCODERS)
    monkeypatch.setitem(sys.modules, __name__, sys.modules[__name__])
    monkeypatch.setattr(
        plugins, "installed", lambda group: (Plugin(group, "bare", "others", entry),)
    )
    monkeypatch.setattr(chosen, "installed", plugins.installed)
    with pytest.raises(PluginError, match=said):
        Outer.model_validate_json('{"shape": {"name": "bare"}}')
