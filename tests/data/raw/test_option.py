from pathlib import Path
from typing import Annotated

import pytest
from pydantic import Field
from pydantic.dataclasses import dataclass

from pcv.data.raw.marks import Choice, Flag, Named, Noted, Parts, Text
from pcv.data.raw.option import options_of
from pcv.data.raw.words import split_names
from pcv.errors import InputError


@dataclass
class Options:
    """Every kind of option that a reader can have."""

    root: Path
    people: Annotated[tuple[str, ...], Field(description="Who."), Text("A,B", split_names)]
    scale: Annotated[float, Field(ge=0.1, le=9, description="Metres per unit.")]
    unit: Annotated[float | None, Field(ge=0.1, description="m"), Noted(none="default")] = None
    frames_kept: Annotated[int, Field(ge=0, description="Frames.")] = 3
    hidden: bool = True
    classes: Annotated[int, Field(description="20 or 200."), Choice(20, 200)] = 20
    up: Annotated[str | None, Field(description="Axis."), Choice("y", "z")] = None
    table: Annotated[Path | None, Field(description="A file."), Named("labels")] = None
    test: Annotated[tuple[str, ...], Field(description="Who tests."), Text("A,B", split_names)] = ()
    size: Annotated[
        tuple[int, ...],
        Parts(
            (Flag("rows", "Rows.", "N"), Flag("columns", "Columns.", "N")),
            lambda rows, columns: (int(rows), int(columns)),
            "numbers such as 3",
        ),
        Noted("shape", write=lambda size: " x ".join(map(str, size))),
    ] = ()


KNOWN = options_of(Options)


def test_fields_with_a_description_are_options_of_a_command() -> None:
    assert "root" not in KNOWN
    flags = {flag.name: flag for option in KNOWN.values() for flag in option.flags}
    assert [*flags] == [
        "people", "scale", "unit", "frames-kept", "classes", "up", "labels", "test", "rows",
        "columns",
    ]  # fmt: skip
    assert flags["people"] == Flag("people", "Who.", "A,B", default=...)
    assert flags["scale"] == Flag("scale", "Metres per unit.", None, float, ..., 0.1, 9)
    assert flags["frames-kept"] == Flag("frames-kept", "Frames.", None, int, 3, 0)
    assert flags["labels"].default is None
    assert flags["test"] == Flag("test", "Who tests.", "A,B")


def test_a_value_is_made_of_what_is_given() -> None:
    assert KNOWN["scale"].take([2.0]) == 2.0
    assert KNOWN["up"].take([""]) is None
    assert KNOWN["test"].take(["a,b"]) == ("a", "b")
    assert KNOWN["size"].take(["", "junk"]) == ()
    assert KNOWN["size"].take(["3", "4"]) == (3, 4)
    with pytest.raises(InputError, match=r"^--rows 3 --columns x: expected numbers such as 3$"):
        KNOWN["size"].take(["3", "x"])


def test_only_choices_are_taken() -> None:
    KNOWN["up"].check(None)
    KNOWN["classes"].check(200)
    with pytest.raises(InputError, match="--classes 40: choose 20 or 200"):
        KNOWN["classes"].check(40)
    with pytest.raises(ValueError, match="choose y or z"):
        KNOWN["up"].read("x")


def test_what_is_noted_is_read_again() -> None:
    for name, value in (
        ("scale", 0.5), ("unit", None), ("unit", 0.25), ("frames_kept", 7), ("hidden", False),
        ("classes", 200), ("up", "z"), ("up", None), ("table", Path("a.csv")), ("table", None),
    ):  # fmt: skip
        note = KNOWN[name].note(value)
        assert isinstance(note, float | int | str)
        assert KNOWN[name].read(str(note)) == value
    assert KNOWN["unit"].note(None) == "default"
    assert KNOWN["size"].note((3, 4)) == "3 x 4"
    assert (KNOWN["size"].key, KNOWN["table"].key) == ("shape", "table")
    assert [name for name in KNOWN if not KNOWN[name].readable] == ["people", "test", "size"]
