"""Scores of scenes: every stored point, one scene at a time, by the student alone."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from torch import nn

from pcv.clip import ClipBatch, Progress
from pcv.config.recipe import Recipe
from pcv.data.dataset import collate
from pcv.data.scenes.dataset import SceneDataset
from pcv.data.store.store import Store
from pcv.encoders import SceneEncoder, Serial
from pcv.errors import InputError
from pcv.evaluate.metrics import point_scores
from pcv.objectives.drift import batch_drift
from pcv.progress import Advance
from pcv.stages.scoring.whole_scenes import Labeller, score_scenes
from pcv.train.device import device_of, to_device

TOGETHER = 8  # scenes at most whose drift is measured in one batch

Found = tuple[dict[str, float], NDArray[np.int64], int]  # values, confusion of points, scenes


def score_labelling(
    model: nn.Module,
    encoder: SceneEncoder,
    label: Labeller,
    what: tuple[Store, NDArray[np.int64], Recipe],
    progress: Progress | None = None,
) -> Found:
    """Score what gives points classes on all stored points of scenes, and measure the drift.

    Args:
        model: All that ``label`` reads with; put in eval mode meanwhile.
        encoder: Its encoder.
        label: Gives every point of a batch a class.
        what: Store, scenes, and the recipe that cuts them.
        progress: Called with parts scored.

    Raises:
        InputError: The store holds no scenes, or its points have no labels.
    """
    store, scenes, recipe = what
    clips = scene_clips(store, scenes, recipe)
    classes = len(store.point_class_names or store.class_names)
    advance = Advance(progress, len(clips), "parts scored")
    device, was_training = device_of(model), model.training
    model.eval()
    try:
        found = score_scenes(
            lambda batch: label(to_device(batch, device)), clips, classes, advance=advance
        )
    except ValueError as error:
        raise InputError(f"{store.path}: {error}") from None
    finally:
        model.train(was_training)
    matrix = found.full
    values = point_scores(matrix)
    drift = measure_drift(encoder, clips) if isinstance(encoder, Serial) else None
    return values | ({} if drift is None else {"batch_drift": drift}), matrix, found.scenes


def scene_clips(store: Store, scenes: NDArray[np.int64], recipe: Recipe) -> SceneDataset:
    """Open scenes for scoring.

    Raises:
        InputError: The store holds videos.
    """
    if store.ordered is None:
        raise InputError(f"{store.path}: holds videos; this encoder reads scenes")
    return SceneDataset(store, scenes, recipe.data, seed=recipe.train.seed)


def measure_drift(encoder: Serial, clips: SceneDataset) -> float | None:
    """Return the mean batch drift over batches of parts of different scenes; None: one scene.

    The k-th parts of all scenes, at most ``TOGETHER``, are one batch.
    """
    device = device_of(encoder)
    found = [
        float(batch_drift(encoder, encoder.regions(to_device(batch, device))))
        for batch in _together(clips)
    ]
    return float(np.mean(found)) if found else None


def _together(clips: SceneDataset) -> Iterator[ClipBatch]:
    for number in range(int(clips.clips[:, 1].max(initial=-1)) + 1):
        items = np.flatnonzero(clips.clips[:, 1] == number)[:TOGETHER]
        if len(items) > 1:
            yield collate([clips[0, int(item)] for item in items])
