"""The class of a whole video, from the summed scores of all its clips."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pcv.data.dataset import ClipDataset
from pcv.data.scenes.dataset import open_clips
from pcv.data.windows import clip_span
from pcv.evaluate.metrics import accuracy, confusion_matrix, mean_class_accuracy, per_class
from pcv.objectives import Supervised
from pcv.progress import Advance, Progress
from pcv.report.model_card import About
from pcv.stages.prediction.inputs import Recording
from pcv.stages.pretrained import Pretrained
from pcv.stages.scoring.scores import Asked, Scores
from pcv.stages.scoring.video_passes import open_passes, score_passes
from pcv.stages.tasks.task import Task, Work


class Videos(Task):
    """Every video is classified."""

    def clips(self, asked: Asked) -> ClipDataset:
        """Open the clips of the videos; see ``Task``."""
        store, videos, recipe = asked
        return open_clips(store, videos, recipe.data, seed=recipe.train.seed)

    def score(
        self, objective: Supervised, asked: Asked, progress: Progress | None = None
    ) -> Scores:
        """Return the accuracy over videos; see ``Task``."""
        store, videos, recipe = asked
        passes = open_passes(store, videos, recipe.data, recipe.eval)
        advance = Advance(progress, sum(map(len, passes)), "clips scored")
        found = score_passes(objective, passes, advance, workers=recipe.train.workers)
        matrix = confusion_matrix(found.label, found.score.argmax(1), asked.classes)
        values = {"accuracy": accuracy(matrix), "mean_class_accuracy": mean_class_accuracy(matrix)}
        told = len(passes) if len(passes) > 1 else None
        return Scores(values, matrix, len(found.video), told)

    def class_rows(
        self,
        confusion: NDArray[np.int64],  # (classes, classes)
        names: list[str],
    ) -> list[dict[str, Any]]:
        """Return accuracy, videos and the most common error of each class; see ``Task``."""
        rows = []
        for index, (name, share) in enumerate(zip(names, per_class(confusion), strict=True)):
            wrong = confusion[index].copy()
            wrong[index] = 0
            rows.append(
                {
                    "name": name,
                    "accuracy": share,
                    "videos": int(confusion[index].sum()),
                    "taken_for": names[int(wrong.argmax())] if wrong.any() else None,
                }
            )
        return rows

    def worker(
        self, model: Pretrained, out: Path | None, recordings: list[Recording], top: int
    ) -> Work:
        """Return a function that predicts the likeliest classes of a recording; see ``Task``."""
        # Even if training dropped short videos, a short recording gets a class, by a padded clip.
        data = model.recipe.data.model_copy(update={"short": "pad"})
        names, passes = model.config.class_names, model.recipe.eval
        span = clip_span(data.frames, max(passes.intervals, default=data.interval))

        def work(recording: Recording, advance: Callable[[int, int], None]) -> dict[str, Any]:
            store, row = recording.open()
            every = open_passes(store, np.array([row]), data, passes)
            scored = score_passes(model.supervised, every)
            share = scored.score[0] / scored.clips[0]
            best = [(names[i], float(share[i])) for i in np.argsort(-share, kind="stable")[:top]]
            length = int(store.videos.length[row])
            return {
                "frames": length,
                "clips": sum(map(len, every)),
                "padded": length < span,
                "label": best[0][0],
                "score": best[0][1],
                "top": [{"label": label, "score": value} for label, value in best],
            }

        return work

    def about(self, *, scenes: bool) -> About:
        """Return what a model card says; see ``Task``."""
        return About(
            pipeline="video-classification",
            does="tells the class of a point cloud video",
            returns="logits (clips, {classes})",
            command="pcv predict {name} RECORDINGS",
        )
