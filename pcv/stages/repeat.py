"""One recipe that is run for several seeds or several folds of cross-validation."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from pcv.data.splits import fold_count
from pcv.data.store.store import open_store
from pcv.errors import InputError
from pcv.stages.job import Job


class Again(NamedTuple):
    """The seeds and folds of a command line."""

    seeds: str | None = None  # such as "0,1,2"; None: the recipe's
    folds: str | None = None  # such as "0,1", or "all"; None: no cross-validation


class Request(NamedTuple):
    """The arguments of ``Job.load``, before seeds and folds are filled in."""

    recipe_file: Path
    stage: str
    store: Path | None
    out: Path | None
    overrides: tuple[str, ...]
    start: str | None = None  # {seed} and {fold} in it are replaced by those of the run


def jobs(request: Request, again: Again) -> list[Job]:
    """Return one job per seed and fold, or a single job if nothing is repeated.

    The names of the run folders end with ``-seedN`` and ``-foldN``.

    Raises:
        InputError: A list does not consist of numbers, or names a number twice, or ``--set`` also
            gives the seed or the fold.
        RecipeError: The recipe is bad.
    """
    _check_given_once(request, again)
    seeds = [None] if again.seeds is None else _numbers("seed", again.seeds)
    found = []
    for seed in seeds:
        told = [] if seed is None else [f"train.seed={seed}"]
        for fold in _folds(request, again):
            also = [] if fold is None else [f"train.validation_fold={fold}"]
            found.append(_job(request, [*told, *also], seed, fold))
    return found


def _job(request: Request, told: list[str], seed: int | None, fold: int | None) -> Job:
    overrides = (*request.overrides, *told)
    job = Job.load(request.recipe_file, request.stage, request.store, request.out, overrides)
    number = job.recipe.train.seed
    out = job.out
    if request.out is not None and seed is not None:
        out = out.with_name(f"{out.name}-seed{seed}")
    if fold is not None:
        out = out.with_name(f"{out.name}-fold{fold}")
    if request.start is None:
        return job._replace(out=out)
    start = request.start.replace("{seed}", str(number))
    if fold is not None:
        start = start.replace("{fold}", str(fold))
    return job._replace(out=out, start=Path(start))


def _folds(request: Request, again: Again) -> list[int] | list[None]:
    if again.folds is None:
        return [None]
    if again.folds != "all":
        return _numbers("fold", again.folds)
    job = Job.load(request.recipe_file, request.stage, request.store, None, request.overrides)
    recipe = job.recipe
    store = open_store(job.store, recipe.data.dataset)
    return list(range(fold_count(store, recipe.train, points=recipe.labels_points)))


def _numbers(kind: str, text: str) -> list[int]:
    words = [word.strip() for word in text.split(",")]
    if not all(word.isascii() and word.isdecimal() for word in words):
        raise InputError(f"--{kind}s {text}: expected numbers such as 0,1,2")
    numbers = [int(word) for word in words]
    twice = [number for number in numbers if numbers.count(number) > 1]
    if twice:
        raise InputError(f"--{kind}s {text}: {kind} {twice[0]} is listed twice")
    return numbers


def _check_given_once(request: Request, again: Again) -> None:
    both = (
        ("--seeds", again.seeds, "train.seed"),
        ("--folds", again.folds, "train.validation_fold"),
    )
    for option, given, key in both:
        if given is not None and any(word.startswith(f"{key}=") for word in request.overrides):
            raise InputError(f"{option} and --set {key}=...: give only one of them")
