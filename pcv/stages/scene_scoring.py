"""Scores of scenes: every stored point, one scene at a time, by the student alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from pcv.clip import ClipBatch, Progress
from pcv.config import Recipe
from pcv.data.dataset import ClipDataset, collate, evaluation_batches
from pcv.data.scenes import open_clips
from pcv.data.store import Store
from pcv.encoders.serial import Serial
from pcv.errors import InputError
from pcv.evaluate.metrics import accuracy, confusion_matrix, mean_class_accuracy, mean_iou
from pcv.evaluate.scenes import carry, label_scenes
from pcv.objectives import SceneSegment
from pcv.objectives.drift import batch_drift
from pcv.train.fit import device_of, to_device

TOGETHER = 8  # scenes at most whose drift is measured in one batch

Found = tuple[dict[str, float], NDArray[np.int64], int]  # values, confusion of points, scenes


def score_scenes(
    objective: SceneSegment,
    store: Store,
    scenes: NDArray[np.int64],
    recipe: Recipe,
    progress: Progress | None = None,
) -> Found:
    """Score all stored points of scenes, and measure the batch drift of the encoder on them.

    Raises:
        InputError: The store has no labels of points.
    """

    def classify(batch: ClipBatch) -> Tensor:
        return objective.scores(batch).argmax(-1)

    return score_labelling(
        objective, objective.encoder, classify, (store, scenes, recipe), progress
    )


def score_labelling(
    model: nn.Module,
    encoder: Serial,
    classify: Callable[[ClipBatch], Tensor],
    what: tuple[Store, NDArray[np.int64], Recipe],
    progress: Progress | None = None,
) -> Found:
    """Score whatever gives points classes."""
    store, scenes, recipe = what
    if "labels" not in store.columns:
        raise InputError(f"{store.path}: its points have no labels and cannot be scored")
    clips = open_clips(store, scenes, recipe.data, seed=recipe.train.seed)
    done = 0

    def advance(parts: int) -> None:
        nonlocal done
        done += parts
        if progress:
            progress(done, len(clips), "parts scored")

    classes = len(store.point_class_names or store.class_names)
    matrix, labelled, frame = np.zeros((classes, classes), np.int64), 0, np.zeros(1, np.int64)
    batches = evaluation_batches(clips, batch=1, workers=recipe.train.workers)
    for scene, guess in label_scenes(model, batches, classify, advance):
        size = int(store.videos.sizes[scene])
        truth = store.read_column("labels", scene, frame, size)[0].astype(np.int64)
        full = carry(store.read(scene, frame, size)[0], guess)
        known = truth >= 0
        labelled += bool(known.any())
        matrix += confusion_matrix(truth[known], full[known], classes)
    values = mean_iou(matrix) | {
        "mean_class_accuracy": mean_class_accuracy(matrix),
        "point_accuracy": accuracy(matrix),
    }
    drift = measure_drift(encoder, clips)
    return values | ({} if drift is None else {"batch_drift": drift}), matrix, labelled


def measure_drift(encoder: Serial, clips: ClipDataset) -> float | None:
    """Return the mean batch drift over batches of parts of different scenes; None: one scene.

    The k-th parts of all scenes, at most ``TOGETHER`` of one size, are one batch.
    """
    device = device_of(encoder)
    found = [
        float(batch_drift(encoder, encoder.regions(to_device(batch, device))))
        for batch in _together(clips)
    ]
    return float(np.mean(found)) if found else None


def _together(clips: ClipDataset) -> Iterator[ClipBatch]:
    scenes, part = clips.clips[:, 0], clips.clips[:, 1]
    for number in range(int(part.max(initial=-1)) + 1):
        items = [clips[0, int(i)] for i in np.flatnonzero(part == number)[:TOGETHER]]
        same = [item for item in items if item.points.shape == items[0].points.shape]
        if len(same) > 1 and len(np.unique(scenes)) > 1:
            yield collate(same)
