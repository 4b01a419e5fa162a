"""``pcv eval``: the scores of a finetuned run on a split."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import numpy as np

from pcv.errors import InputError
from pcv.evaluate.doubts import doubtful
from pcv.objectives.scene_segmentation import SceneSegmentation
from pcv.progress import Progress
from pcv.stages.checks import check_store
from pcv.stages.finished import FinishedRun
from pcv.stages.labels import class_names, split_of
from pcv.stages.scoring.robustness import robustness
from pcv.stages.tasks import Asked, task_of


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
        n_scored and n_in_split (numbers of videos), classes, confusion (of videos, or of points).

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
    videos = getattr(split_of(opened, recipe), split)
    if not len(videos):
        raise InputError(
            f"{opened.path}: its {split} split is empty under this run's protocol"
            + ("; train.validation_subjects would hold videos out" if split == "validation" else "")
        )
    names, task = class_names(opened, recipe), task_of(recipe)
    objective = finished.objective(len(names), checkpoint)
    if others and not task.has_companions:
        raise InputError(f"{run}: --others is for runs of objective.name scene_segment")
    found = task.score(objective, Asked(opened, videos, recipe), progress)
    extra = (
        {"others": robustness(cast("SceneSegmentation", objective), opened, videos, recipe)}
        if others
        else {}
    )
    matrix = found.confusion
    assert matrix is not None
    doubt = doubtful(matrix, names)
    return {
        "run": str(run),
        "store": str(opened.path),
        "split": split,
        "checkpoint": checkpoint,
        **found.values,
        "n_correct": int(np.trace(matrix)),
        "n_scored": found.videos,
        "n_in_split": len(videos),
        **({} if found.passes is None else {"passes": found.passes}),
        **({} if doubt is None else {"warning": doubt}),
        "classes": task.class_rows(matrix, names),
        "confusion": matrix.tolist(),
        **extra,
    }
