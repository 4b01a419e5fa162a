"""Scores of a labelling of scenes: every stored point counts, and scenes are read one by one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from torch import nn

from pcv.clip import ClipBatch
from pcv.config.recipe import Recipe
from pcv.data.dataset import collate
from pcv.data.scenes.dataset import SceneDataset
from pcv.data.store.store import Store
from pcv.encoders import RowEncoder, SceneEncoder
from pcv.errors import InputError
from pcv.evaluate.metrics import point_scores
from pcv.nn.mode import evaluating
from pcv.objectives.drift import batch_drift
from pcv.progress import Advance, Progress
from pcv.stages.scoring.scores import Asked, Scores
from pcv.stages.scoring.whole_scenes import Labeller, score_scenes
from pcv.train.device import device_of, to_device

TOGETHER = 8  # largest number of scenes in a batch whose drift is measured


def score_labelling(
    model: nn.Module,
    encoder: SceneEncoder,
    label: Labeller,
    asked: Asked,
    progress: Progress | None = None,
) -> Scores:
    """Score a labelling on all stored points of scenes, and measure the encoder's batch drift.

    Args:
        model: The module that ``label`` uses, which is put in eval mode meanwhile.
        encoder: The encoder of the model.
        label: Gives every point of a batch a class.
        asked: The store, the scenes, and the recipe that cuts them.
        progress: Called after each part of a scene.

    Raises:
        InputError: The store holds no scenes, or its points have no labels.
    """
    store, scenes, recipe = asked
    clips = scene_clips(store, scenes, recipe)
    advance = Advance(progress, len(clips), "parts scored")
    device = device_of(model)
    with evaluating(model):
        try:
            found = score_scenes(
                lambda batch: label(to_device(batch, device)),
                clips,
                asked.classes,
                advance=advance,
            )
        except ValueError as error:
            raise InputError(f"{store.path}: {error}") from None
    values, rows = point_scores(found.full), encoder.in_a_row()
    drift = None if rows is None else measure_drift(rows, clips)
    if drift is not None:
        values["batch_drift"] = drift
    return Scores(values, found.full, found.scenes, recipe.eval.passes)


def scene_clips(
    store: Store,
    scenes: NDArray[np.int64],  # (n,) rows of the store
    recipe: Recipe,
) -> SceneDataset:
    """Open scenes for scoring.

    Raises:
        InputError: The store holds videos.
    """
    if store.ordered is None:
        raise InputError(f"{store.path}: holds videos, but this encoder reads scenes")
    return SceneDataset(store, scenes, recipe.data, seed=recipe.train.seed)


def measure_drift(encoder: RowEncoder, clips: SceneDataset) -> float | None:
    """Return the mean batch drift over batches of parts of different scenes.

    The k-th parts of all scenes, at most ``TOGETHER``, are one batch. Where no batch has two parts
    the drift is None.
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
