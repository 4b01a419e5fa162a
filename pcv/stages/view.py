"""``pcv view``: pictures of what a run draws or predicts, beside the truth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pcv.errors import InputError
from pcv.stages.finished import FinishedRun
from pcv.stages.tasks import Picture, task_of


def view(
    run: Path, out: Path, *, store: Path | None = None, scene: str | None = None, views: int = 4
) -> dict[str, Any]:
    """Draw held-out views of one scene beside the real ones, or rooms beside their true labels.

    Args:
        run: The run folder of a GaussianCross pretraining, or of one finetuned to label rooms.
        out: The PNG file to write.
        store: The clip store; None: the one that the run was trained on.
        scene: The name of a recording; None: the first scene with held-out views, or the rooms of
            the test split.
        views: The largest number of views, or of rooms, that are shown.

    Returns:
        JSON-able: the picture, and either the scene, the frames shown and the scores of all its
        held-out views, or the rooms and the share of labelled points that is right in each.

    Raises:
        InputError: It is another kind of run, or no such scene, room or held-out view exists.
    """
    if out.suffix.lower() != ".png":
        raise InputError(f"{out}: pictures are written as PNG; give a path that ends with .png")
    opened = FinishedRun.open(run)
    return task_of(opened.recipe).draw(opened, Picture(out, store, scene, views))
