"""``pcv eval --others``: how the other scenes of a batch change the score of one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from pcv.clip import Regions
from pcv.config.recipe import Recipe
from pcv.data.dataset import collate, evaluation_batches
from pcv.data.scenes.dataset import SceneDataset
from pcv.data.splits import split_videos
from pcv.data.store.store import Store
from pcv.encoders.scenes import Mode, RowEncoder
from pcv.errors import InputError
from pcv.evaluate.metrics import accuracy, confusion_matrix, mean_iou
from pcv.evaluate.robustness import COMPANIES, Company, classes_in
from pcv.objectives.scene_segmentation import SceneSegmentation
from pcv.stages.scoring.scenes import scene_clips
from pcv.train.device import device_of, to_device

CASES: tuple[tuple[Mode, Company], ...] = tuple(
    (mode, company) for mode in ("single", "cross") for company in COMPANIES
)


class _Part(NamedTuple):
    regions: Regions
    label: NDArray[np.int64]  # (L,), -1: ignored


def robustness(
    objective: SceneSegmentation,
    store: Store,
    scenes: NDArray[np.int64],  # (n,) rows of the store
    recipe: Recipe,
) -> list[dict[str, Any]]:
    """Score the parts of scenes beside other scenes in a batch, in both modes.

    The other scenes are the first parts of training scenes. Points that ``data.spacing`` leaves
    out do not count.

    Returns:
        One row per mode and company: ``mode``, ``others``, ``place``, ``content``,
        ``miou_present_classes``, ``point_accuracy``, and ``moved``, the share of points that get
        another class than alone in the same mode.

    Raises:
        InputError: There are no training scenes, the points have no labels, or the encoder reads
            scenes one by one.
    """
    encoder = objective.encoder.in_a_row()
    if encoder is None:
        raise InputError("--others: the encoder of this run reads scenes one by one")
    objective.eval()
    others = split_videos(store, recipe.train, labelled=False).train
    pool = _pool(encoder, scene_clips(store, others, recipe))

    def scores(regions: Regions, mode: Mode) -> Tensor:
        logits: Tensor = objective.head(encoder.encode(regions, mode))
        return logits

    said: list[list[NDArray[np.int64]]] = [[] for _ in CASES]
    truth = []
    clips = scene_clips(store, scenes, recipe)
    for part in _parts(encoder, clips):
        known = part.label >= 0
        truth.append(part.label[known])
        for guesses, (mode, company) in zip(said, CASES, strict=True):
            found = classes_in(scores, part.regions, pool, company, mode)
            guesses.append(found.cpu().numpy()[known])
    if not truth:
        raise InputError(f"{store.path}: its points have no labels and cannot be scored")
    classes = len(store.point_class_names or store.class_names)
    return _rows(np.concatenate(truth), [np.concatenate(g) for g in said], classes)


def _rows(
    truth: NDArray[np.int64], said: list[NDArray[np.int64]], classes: int
) -> list[dict[str, Any]]:
    rows = []
    for guess, (mode, company) in zip(said, CASES, strict=True):
        matrix = confusion_matrix(truth, guess, classes)
        alone = said[CASES.index((mode, COMPANIES[0]))]
        rows.append(
            {
                "mode": mode,
                "others": company.number,
                "place": company.place,
                "content": company.content,
                "miou_present_classes": mean_iou(matrix)["miou_present_classes"],
                "point_accuracy": accuracy(matrix),
                "moved": float((guess != alone).mean()),
            }
        )
    return rows


def _parts(encoder: RowEncoder, clips: SceneDataset) -> Iterator[_Part]:
    device = device_of(encoder)
    for batch in evaluation_batches(clips, batch=1):
        if batch.point_label is not None:
            regions = encoder.regions(to_device(batch, device))
            yield _Part(regions, batch.point_label.flatten().numpy())


def _pool(encoder: RowEncoder, clips: SceneDataset) -> Regions:
    """Return the first parts of all scenes."""
    first = [clips[0, int(i)] for i in np.flatnonzero(clips.clips[:, 1] == 0)]
    return encoder.regions(to_device(collate(first), device_of(encoder)))
