"""``pcv eval``: all clips of every video, summed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pcv.clip import Progress
from pcv.data.store.store import open_store
from pcv.errors import InputError
from pcv.evaluate.metrics import per_class, per_class_iou
from pcv.objectives import Classify, SceneSegment, Supervised
from pcv.stages.channels import check_channels
from pcv.stages.job import load_run, read_run
from pcv.stages.scoring.robustness import robustness
from pcv.stages.scoring.score import check_colour, class_names, score, split_of


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
    """Score a finetuned run; nothing of it is changed.

    Args:
        run: Run folder of ``pcv finetune``.
        store: Clip store; None: the one it was trained on.
        split: train, validation or test.
        checkpoint: last or best.
        overrides: ``eval.KEY=VALUE``, instead of what the run's recipe says of scoring.
        others: Also score scenes beside others in a batch (``robustness``).
        progress: Called with clips scored.

    Returns:
        JSON-able: accuracy, or for a run that labels points the two mIoU and point_accuracy;
        n_scored and n_in_split (videos), classes, confusion (of videos, or of points).

    Raises:
        InputError: Not a finetuned run, an unknown split, a store of other classes, or ``others``
            of a run that does not label scenes.
    """
    recipe, stored = read_run(run, overrides)
    if recipe.stage != "finetune":
        raise InputError(f"{run}: a run of pcv {recipe.stage}; pcv eval scores finetuned runs")
    if split not in ("train", "validation", "test") or checkpoint not in ("last", "best"):
        raise InputError(f"--split {split} --checkpoint {checkpoint}: unknown choice; see --help")
    opened = open_store(store or stored, recipe.data.dataset)
    check_colour(opened, recipe)
    check_channels(opened, recipe)
    videos = getattr(split_of(opened, recipe), split)
    if not len(videos):
        raise InputError(
            f"{opened.path}: its {split} split is empty under this run's protocol"
            + ("; train.validation_subjects holds videos out" if split == "validation" else "")
        )
    names = class_names(opened, recipe)
    objective = load_run(run, recipe, len(names), checkpoint)
    assert isinstance(objective, Supervised)
    if others and not isinstance(objective, SceneSegment):
        raise InputError(f"{run}: --others is for runs of objective.name scene_segment")
    found = score(objective, opened, videos, recipe, progress)
    extra: dict[str, Any] = {}
    if others and isinstance(objective, SceneSegment):
        extra["others"] = robustness(objective, opened, videos, recipe)
    matrix = found.confusion
    kind = _classes if isinstance(objective, Classify) else _point_classes
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
        "classes": kind(matrix, names),
        "confusion": matrix.tolist(),
        **extra,
    }


def _classes(matrix: NDArray[np.int64], names: list[str]) -> list[dict[str, Any]]:
    rows = []
    for index, (name, share) in enumerate(zip(names, per_class(matrix), strict=True)):
        wrong = matrix[index].copy()
        wrong[index] = 0
        taken = names[int(wrong.argmax())] if wrong.any() else None
        rows.append(
            {
                "name": name,
                "accuracy": share,
                "videos": int(matrix[index].sum()),
                "taken_for": taken,
            }
        )
    return rows


def _point_classes(matrix: NDArray[np.int64], names: list[str]) -> list[dict[str, Any]]:
    rows = zip(names, per_class_iou(matrix), matrix.sum(1), strict=True)
    return [{"name": name, "iou": share, "points": int(count)} for name, share, count in rows]
