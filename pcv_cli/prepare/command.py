"""The command of a reader, which is made of its fields."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from pcv.data.raw.build import make_reader
from pcv.data.raw.marks import Flag
from pcv.data.raw.option import options_of
from pcv.data.raw.reader import DatasetReader
from pcv_cli.options import (
    Dtype,
    Jobs,
    Json,
    Limit,
    MostPoints,
    Out,
    Points,
    Raw,
    Scheduler,
    SkipBad,
    Step,
)
from pcv_cli.prepare.convert import convert_and_show

STORAGE = ("points", "dtype", "step")
WORK: dict[str, tuple[Any, Any]] = {
    "jobs": (Jobs, 0),
    "skip_bad": (SkipBad, False),
    "limit": (Limit, None),
    "scheduler": (Scheduler, None),
}


def command_of(kind: type[DatasetReader]) -> Callable[..., None]:
    """Return a function for Typer whose parameters are the options of a reader."""

    def prepare(raw: Path, out: Path, json: bool, **given: Any) -> None:  # noqa: ANN401 - any option
        options = {name: given[name] for name in (*STORAGE, *WORK)}
        convert_and_show(_reader(kind, raw, given), raw, out, options, json, suggest=kind.suggests)

    parameters = _parameters(kind)
    prepare.__doc__ = escape(kind.summary)
    prepare.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    prepare.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # read by inspect
    return prepare


def _reader(kind: type[DatasetReader], raw: Path, given: dict[str, Any]) -> DatasetReader:
    """Make the reader; a field named like an option of the store has the value of that option."""
    known = options_of(kind)
    values = {name: given[name] for name in STORAGE if name in known}
    for field, option in known.items():
        if option.flags:
            values[field] = option.take([given[_word(flag)] for flag in option.flags])
    return make_reader(kind, raw, values, lambda field: f"--{known[field].name}")


def _parameters(kind: type[DatasetReader]) -> list[inspect.Parameter]:
    points = MostPoints if kind.reads_scenes() else Points
    storage = zip(STORAGE, (points, Dtype, Step), kind.stored, strict=True)
    flags = [flag for option in options_of(kind).values() for flag in option.flags]
    return [
        _parameter("raw", Raw),
        _parameter("out", Out),
        *(_parameter(name, annotation, default) for name, annotation, default in storage),
        *(_parameter(_word(flag), _annotation(flag), flag.default) for flag in flags),
        *(_parameter(name, annotation, default) for name, (annotation, default) in WORK.items()),
        _parameter("json", Json, False),
    ]


def _parameter(name: str, annotation: Any, default: Any = ...) -> inspect.Parameter:  # noqa: ANN401
    given = inspect.Parameter.empty if default is ... else default
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=given, annotation=annotation
    )


def _annotation(flag: Flag) -> Any:  # noqa: ANN401 - what Typer reads
    """Return an option in Typer's form; a switch that is on by default can be switched off."""
    names = f"--{flag.name}" + f"/--no-{flag.name}" * (flag.default is True)
    option = typer.Option(
        names, metavar=flag.metavar, min=flag.low, max=flag.high, help=escape(flag.help)
    )
    return Annotated[flag.type, option]


def _word(flag: Flag) -> str:
    return flag.name.replace("-", "_")
