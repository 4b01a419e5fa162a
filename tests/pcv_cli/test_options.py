"""Options that several commands share, in a command of their own."""

from pathlib import Path

import typer
from typer.testing import CliRunner

from pcv_cli.options import (
    Folds,
    Jobs,
    Json,
    Limit,
    Out,
    Overrides,
    Points,
    Raw,
    RecipeFile,
    Seeds,
    SkipBad,
    StoreOption,
)

app = typer.Typer()
found: dict[str, object] = {}


@app.command()
def train(
    recipe: RecipeFile,
    store: StoreOption = None,
    overrides: Overrides = None,
    seeds: Seeds = None,
    folds: Folds = None,
    json: Json = False,
) -> None:
    found.update(locals())


@app.command()
def prepare(
    raw: Raw,
    out: Out,
    points: Points = 7,
    jobs: Jobs = 0,
    limit: Limit = None,
    skip_bad: SkipBad = False,
) -> None:
    found.update(locals())


def run(*words: str) -> int:
    found.clear()
    return CliRunner().invoke(app, words).exit_code


def test_overrides_are_repeatable_and_the_rest_is_text() -> None:
    words = ("--set", "a=1", "--set", "b=2", "--seeds", "0,1", "--folds", "all", "--store", "s")
    assert run("train", "r.yaml", *words) == 0
    assert found == {
        "recipe": Path("r.yaml"), "store": Path("s"), "overrides": ["a=1", "b=2"], "seeds": "0,1",
        "folds": "all", "json": False,
    }  # fmt: skip


def test_numbers_have_bounds() -> None:
    assert run("prepare", "raw", "out", "--points", "1", "--limit", "1", "--skip-bad") == 0
    assert (found["points"], found["limit"], found["jobs"], found["skip_bad"]) == (1, 1, 0, True)
    for wrong in (("--points", "0"), ("--limit", "0"), ("--jobs", "-1"), ("--points", "many")):
        assert run("prepare", "raw", "out", *wrong) == 2
