"""``pcv view``: what a run draws or tells, beside what is true."""

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
        run: Run folder of a GaussianCross pretraining, or of one finetuned to label rooms.
        out: PNG to write.
        store: None: the one it was trained on.
        scene: Name of a recording; None: the first that has views held out, or rooms that test.
        views: At most so many, or so many rooms.

    Returns:
        JSON-able: the scene, the frames shown, and the scores of all its held-out views; or the
        rooms, and the share of labelled points that is right in each; and the picture.

    Raises:
        InputError: Another kind of run, no such scene, or none with held-out views.
    """
    if out.suffix.lower() != ".png":
        raise InputError(f"{out}: pictures are written as .png")
    opened = FinishedRun.open(run)
    return task_of(opened.recipe).draw(opened, Picture(out, store, scene, views))
