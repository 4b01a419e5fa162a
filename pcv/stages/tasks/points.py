"""The class of every point of every frame of a video."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from pcv.clip import ClipBatch
from pcv.config.scoring import EvalConfig
from pcv.data.dataset import ClipDataset, evaluation_batches
from pcv.data.scenes.dataset import SceneDataset, open_clips
from pcv.data.windows import cover
from pcv.errors import InputError
from pcv.evaluate.metrics import accuracy, mean_iou, per_class_iou, point_scores
from pcv.evaluate.segmentation import guess_points, score_points
from pcv.nn.mode import evaluating
from pcv.objectives import Supervised
from pcv.progress import Advance, Progress
from pcv.report.model_card import About
from pcv.stages.prediction.inputs import Recording
from pcv.stages.prediction.label_files import label_files
from pcv.stages.prediction.point_labels import label_recording
from pcv.stages.prediction.room_labels import label_room
from pcv.stages.pretrained import Pretrained
from pcv.stages.scoring.scores import Asked, Scores
from pcv.stages.scoring.seen import Parts, Seen, nobody, see_points
from pcv.stages.scoring.whole_scenes import score_scenes
from pcv.stages.tasks.task import Task, Trained, Work
from pcv.train.device import device_of, to_device

WHOLE = 4  # clips of whole frames per batch; a score does not depend on it


class Points(Task):
    """Every point of every frame of a video is classified, or every point of a room."""

    labels_points = True
    batch = WHOLE

    def clips(self, asked: Asked) -> ClipDataset:
        """Open whole frames, each of them in one clip, or the regions of rooms; see ``Task``."""
        store, videos, recipe = asked
        if store.ordered is not None:
            return SceneDataset(store, videos, recipe.data, seed=recipe.train.seed)
        return _whole_frames(asked)[0]

    def score(
        self, objective: Supervised, asked: Asked, progress: Progress | None = None
    ) -> Scores:
        """Return the mean IoU over points; see ``Task``."""
        try:
            if asked.store.ordered is not None:
                return self._score_rooms(objective, asked, progress)
            return self._score_videos(objective, asked, progress)
        except ValueError as error:
            raise InputError(f"{asked.store.path}: {error}") from None

    def _score_videos(
        self, objective: Supervised, asked: Asked, progress: Progress | None
    ) -> Scores:
        clips, fresh = _whole_frames(asked)
        batches = evaluation_batches(clips, batch=WHOLE, workers=asked.recipe.train.workers)
        advance = Advance(progress, len(clips), "clips scored")
        found = score_points(objective, batches, fresh, asked.classes, advance)
        matrix = found.confusion
        values = mean_iou(matrix) | {"point_accuracy": accuracy(matrix)}
        return Scores(values, matrix, found.videos)

    def _score_rooms(
        self, objective: Supervised, asked: Asked, progress: Progress | None
    ) -> Scores:
        recipe, clips = asked.recipe, cast("SceneDataset", self.clips(asked))
        advance, device = Advance(progress, len(clips), "regions scored"), device_of(objective)

        def label(batch: ClipBatch) -> Tensor:
            return guess_points(objective, to_device(batch, device)).label

        with evaluating(objective):
            found = score_scenes(label, clips, asked.classes, batch=WHOLE, advance=advance)
        values = point_scores(found.full)
        if recipe.data.spacing:
            kept = mean_iou(found.kept)
            values |= {f"{name}_of_kept_points": value for name, value in kept.items()}
        return Scores(values, found.full, found.scenes)

    def see(
        self, objective: Trained, clips: SceneDataset, passes: EvalConfig, advance: Parts = nobody
    ) -> Iterator[tuple[int, Seen]]:
        """Yield each room with the predictions for the points that the model sees.

        Args:
            objective: An objective of this task, which is put in eval mode meanwhile.
            clips: Rooms, without augmentation.
            passes: The passes over every room; only ``Rooms`` makes several.
            advance: Called with the number of regions of each batch.
        """
        return see_points(objective, partial(guess_points, objective), clips, advance)

    def class_rows(
        self,
        confusion: NDArray[np.int64],  # (classes, classes)
        names: list[str],
    ) -> list[dict[str, Any]]:
        """Return each class's IoU and points; see ``Task``."""
        rows = zip(names, per_class_iou(confusion), confusion.sum(1), strict=True)
        return [{"name": name, "iou": share, "points": int(count)} for name, share, count in rows]

    def worker(
        self, model: Pretrained, out: Path | None, recordings: list[Recording], top: int
    ) -> Work:
        """Return a function that labels a recording or a room in files; see ``Task``."""
        assert out is not None
        label = partial(label_room, see=self.see) if model.config.scenes else label_recording
        return label_files(model, out, recordings, label)

    def about(self, *, scenes: bool) -> About:
        """Return what a model card says; see ``Task``."""
        if scenes:
            return ABOUT_ROOMS
        return About(
            pipeline="other",
            does="tells the class of every point of a point cloud video",
            returns="logits (clips, {frames}, {points}, {classes}), for every point",
            command="pcv predict {name} RECORDINGS --out FOLDER",
        )


def _whole_frames(asked: Asked) -> tuple[ClipDataset, NDArray[np.bool_]]:  # (clips, T)
    """Open clips that together hold every frame, and say where each frame is first met."""
    store, videos, recipe = asked
    whole = {"points": store.points, "clip_stride": 1, "eval_clips": 0}
    data = recipe.data.model_copy(update=whole)
    clips = open_clips(store, videos, data, seed=recipe.train.seed)
    clips.clips, fresh = cover(clips.clips, store.videos.length, data.frames, data.interval)
    return clips, fresh


ABOUT_ROOMS = About(
    pipeline="other",
    does="tells the class of every point of a room",
    returns="logits (regions, 1, {points}, {classes}), for every point",
    command="pcv predict {name} ROOMS --out FOLDER",
)
