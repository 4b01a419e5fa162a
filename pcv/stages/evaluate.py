"""``pcv eval``: the scores of a finetuned run on a split."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from pcv.config.recipe import Recipe
from pcv.data.store.store import Store
from pcv.errors import InputError
from pcv.evaluate.doubts import doubtful
from pcv.objectives.scene_segmentation import SceneSegmentation
from pcv.progress import Progress
from pcv.stages.checks import check_store
from pcv.stages.finished import FinishedRun
from pcv.stages.labels import class_names, split_of
from pcv.stages.scoring.robustness import robustness
from pcv.stages.scoring.scores import Scores
from pcv.stages.tasks import Asked, task_of
from pcv.stages.tasks.task import Task


def evaluate(  # noqa: PLR0913 - the options are the interface
    run: Path,
    *,
    store: Path | None = None,
    split: str = "test",
    checkpoint: str = "last",
    others: bool = False,
    overrides: tuple[str, ...] = (),
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Score a finetuned run, without changing anything in its folder.

    Args:
        run: The run folder of ``pcv finetune``.
        store: The clip store; None: the one that the run was trained on.
        split: ``train``, ``validation`` or ``test``.
        checkpoint: ``last`` or ``best``.
        overrides: ``eval.KEY=VALUE``: changes of the recipe's section ``eval``.
        others: Whether to score scenes also beside others in a batch (``robustness``).
        progress: Called after each batch of clips.

    Returns:
        JSON-able: accuracy, or for a run that labels points the two mIoU and point_accuracy;
        n_scored and n_in_split (numbers of videos), classes, confusion (of videos, or of points);
        passes, if there are several; warning, if something makes the scores doubtful.

    Raises:
        InputError: It is not a finetuned run, the split is unknown or empty, the store has other
            classes, or ``others`` is asked of a run that does not label scenes.
    """
    finished = FinishedRun.open(run, overrides)
    recipe = finished.recipe
    if recipe.stage != "finetune":
        raise InputError(f"{run}: a run of pcv {recipe.stage}; pcv eval scores finetuned runs")
    if split not in ("train", "validation", "test") or checkpoint not in ("last", "best"):
        raise InputError(f"--split {split} --checkpoint {checkpoint}: unknown choice; see --help")
    opened = finished.open_store(store)
    check_store(opened, recipe)
    asked = Asked(opened, _videos(opened, recipe, split), recipe)
    names, task = class_names(opened, recipe), task_of(recipe)
    objective = finished.objective(len(names), checkpoint)
    if others and not task.has_companions:
        raise InputError(f"{run}: --others is for runs of objective.name scene_segment")
    found = task.score(objective, asked, progress)
    extra = {"others": robustness(cast("SceneSegmentation", objective), *asked)} if others else {}
    return {
        "run": str(run),
        "store": str(opened.path),
        "split": split,
        "checkpoint": checkpoint,
        "n_in_split": len(asked.videos),
        **_described(found, task, names),
        **extra,
    }


def _videos(store: Store, recipe: Recipe, split: str) -> NDArray[np.int64]:  # (n,)
    videos: NDArray[np.int64] = getattr(split_of(store, recipe), split)
    if not len(videos):
        raise InputError(
            f"{store.path}: its {split} split is empty under this run's protocol"
            + ("; train.validation_subjects would hold videos out" if split == "validation" else "")
        )
    return videos


def _described(found: Scores, task: Task, names: list[str]) -> dict[str, Any]:
    matrix = found.confusion
    assert matrix is not None
    doubt = doubtful(matrix, names)
    return {
        **found.values,
        "n_correct": int(np.trace(matrix)),
        "n_scored": found.videos,
        **({} if found.passes is None else {"passes": found.passes}),
        **({} if doubt is None else {"warning": doubt}),
        "classes": task.class_rows(matrix, names),
        "confusion": matrix.tolist(),
    }
