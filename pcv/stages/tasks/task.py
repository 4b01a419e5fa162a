"""What every task defines: how its models are scored, predict, are drawn and are described."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pcv.config.recipe import Recipe
from pcv.data.dataset import ClipDataset
from pcv.data.splits import Split
from pcv.errors import InputError
from pcv.progress import Progress
from pcv.report.model_card import About
from pcv.stages.finished import FinishedRun
from pcv.stages.labels import scored_videos
from pcv.stages.prediction.inputs import Recording
from pcv.stages.pretrained import Pretrained
from pcv.stages.scoring.scores import Asked, Scores

Trained = Any  # an objective of a task; each task knows its own class
# Predicts one recording and returns JSON-able facts; reports the number of parts that are done and
# of all parts.
Work = Callable[[Recording, Callable[[int, int], None]], dict[str, Any]]


class Picture(NamedTuple):
    """The picture that ``pcv view`` draws."""

    path: Path  # of the PNG file to write
    store: Path | None = None  # None: the one that the run was trained on
    scene: str | None = None  # the name of a recording; None: the first ones that fit
    most: int = 4  # largest number of views or rooms that are shown


class Task:
    """One thing that models are trained to predict.

    Attributes:
        labels_points: Whether ``pcv predict`` writes the classes of points to files.
        batch: How many clips are read together when statistics are found anew.
        has_companions: Whether scenes can be scored beside others (``pcv eval --others``).
    """

    labels_points: ClassVar[bool] = False
    batch: ClassVar[int] = 32
    has_companions: ClassVar[bool] = False

    def scored(self, split: Split, recipe: Recipe) -> NDArray[np.int64]:
        """Return the rows (n,) of the videos on which a finished run is scored."""
        return scored_videos(split, recipe)

    def clips(self, asked: Asked) -> ClipDataset:
        """Open the clips of what is asked, read as scoring reads them."""
        raise NotImplementedError

    def score(self, objective: Trained, asked: Asked, progress: Progress | None = None) -> Scores:
        """Score an objective of this task.

        Raises:
            InputError: The store lacks what the predictions are compared with.
        """
        raise NotImplementedError

    def class_rows(
        self,
        confusion: NDArray[np.int64],  # (classes, classes)
        names: list[str],
    ) -> list[dict[str, Any]]:
        """Return what ``pcv eval`` shows of each class."""
        raise NotImplementedError

    def worker(
        self, model: Pretrained, out: Path | None, recordings: list[Recording], top: int
    ) -> Work:
        """Return a function that predicts one recording.

        Args:
            model: A model of this task, in eval mode.
            out: The folder of the files that are written; None unless ``labels_points``.
            recordings: All recordings that will be predicted.
            top: The number of classes that are listed per recording.

        Raises:
            InputError: Two recordings would be written to one file.
        """
        raise NotImplementedError

    def draw(self, run: FinishedRun, picture: Picture) -> dict[str, Any]:
        """Draw what a run of this task predicts, and return JSON-able facts about the picture.

        Raises:
            InputError: Nothing can be drawn of this task, or of the scene asked for.
        """
        raise InputError(
            f"{run.path}: a run of {run.recipe.objective.name}; pcv view draws gaussiancross and "
            "scene runs"
        )

    def about(self, *, scenes: bool) -> About:
        """Return what a model card says of the task.

        Args:
            scenes: Whether the model was trained on rooms, not on videos.
        """
        raise NotImplementedError
