"""One score of several folds: the confusion of runs that test different subjects is summed."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from pcv.errors import InputError
from pcv.evaluate.metrics import point_scores
from pcv.train.run import RunFolder, RunResult

FOLDS = "train.test_subjects"


class Pooled(NamedTuple):
    """One more row of a report."""

    result: RunResult
    variant: str  # what the row says besides the name of the recipe


def pool(found: list[tuple[Path, RunResult]], said: list[str]) -> list[Pooled]:
    """Sum the confusion of points over runs that differ in ``train.test_subjects`` alone.

    Each point of the dataset then counts once, as in the usual 6-fold score of S3DIS, which is not
    the mean of the folds' scores.

    Args:
        found: The folders and results of finished runs.
        said: The keys in which each differs from the others, besides ``FOLDS``.

    Raises:
        InputError: No two runs differ in this key alone, or a subject is tested twice.
    """
    groups: dict[str, list[int]] = {}
    for index, (path, result) in enumerate(found):
        if result.confusion is not None and "miou_present_classes" in result.scores:
            groups.setdefault(_key(path, result), []).append(index)
    pooled = [_sum([(*found[index], said[index]) for index in group])
              for group in groups.values() if len(group) > 1]  # fmt: skip
    if not pooled:
        raise InputError("--pooled: no two runs that label points differ in train.test_subjects")
    return pooled


def _key(path: Path, result: RunResult) -> str:
    recipe = RunFolder(path).recipe()
    train = {k: v for k, v in recipe.get("train", {}).items() if k != "test_subjects"}
    return repr((result.dataset, result.recipe, result.init, recipe | {"train": train}))


def _sum(runs: list[tuple[Path, RunResult, str]]) -> Pooled:
    tested: list[Any] = []
    for path, _, _ in runs:
        mine = RunFolder(path).recipe()["train"].get("test_subjects") or []
        if not mine or {*mine} & {*tested}:
            raise InputError(
                f"{path}: cannot be pooled: another run tests one of its test subjects, or it "
                "names no test subject"
            )
        tested += mine
    results = [result for _, result, _ in runs]
    matrix = np.sum([np.array(result.confusion, np.int64) for result in results], axis=0)
    whole = results[0].model_copy(
        update={
            "scores": point_scores(matrix),
            "n_scored": sum(result.n_scored or 0 for result in results),
            "n_in_split": sum(result.n_in_split or 0 for result in results),
            "confusion": matrix.tolist(),
        }
    )
    return Pooled(whole, f"{runs[0][2]} pooled over {FOLDS}={sorted(tested)}".strip())
