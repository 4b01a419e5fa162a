"""Scores of objects in whole scenes: classes of points, and average precision of instances."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pcv.clip import Progress
from pcv.config import Recipe
from pcv.data.dataset import evaluation_batches
from pcv.data.scenes import SceneDataset
from pcv.data.store import Store
from pcv.errors import InputError
from pcv.evaluate.instances import Proposal, TrueScene, average_precision
from pcv.evaluate.metrics import accuracy, confusion_matrix, mean_iou
from pcv.evaluate.propose import propose
from pcv.objectives import SceneInstances
from pcv.stages.scene_scoring import scene_clips
from pcv.train.fit import device_of, to_device

Found = tuple[dict[str, float], NDArray[np.int64], int]  # values, confusion of points, scenes


def score_instances(
    objective: SceneInstances,
    what: tuple[Store, NDArray[np.int64], Recipe],
    progress: Progress | None = None,
) -> Found:
    """Find the objects of scenes, and score them and the classes on all stored points.

    Raises:
        InputError: The store holds no scenes, or no labels and instances of their points.
    """
    store, scenes, recipe = what
    for column in ("labels", "instances"):
        if column not in store.columns:
            raise InputError(f"{store.path}: its points have no {column}; instances need them")
    clips = scene_clips(store, scenes, recipe)
    count = len(store.point_class_names or store.class_names)
    stuff = objective.config.stuff
    things = tuple(label for label in range(count) if label not in stuff)
    matrix = np.zeros((count, count), np.int64)
    pairs: list[tuple[TrueScene, list[Proposal]]] = []
    for scene, points, share, offset in _read(objective, clips, count, progress):
        frame, stored = np.zeros(1, np.int64), int(store.videos.sizes[scene])
        label, instance = (
            store.read_column(name, scene, frame, stored)[0].astype(np.int64)
            for name in ("labels", "instances")
        )
        near = clips.nearest_kept(scene)
        guess = share.argmax(1).numpy()[near]
        matrix += confusion_matrix(label[label >= 0], guess[label >= 0], count)
        found = propose(points, share, offset, objective.config)
        whole = [each._replace(mask=each.mask[near]) for each in found]
        pairs.append((TrueScene(label, instance), whole))
    values = average_precision(pairs, things) | mean_iou(matrix)
    return values | {"point_accuracy": accuracy(matrix)}, matrix, len(pairs)


@torch.no_grad()
def _read(
    objective: SceneInstances, clips: SceneDataset, classes: int, progress: Progress | None
) -> Iterator[tuple[int, Tensor, Tensor, Tensor]]:
    """Yield each scene with the places, probabilities and offsets of the points it is seen with."""
    device, was_training = device_of(objective), objective.training
    objective.eval()
    parts = clips.clips[:, 0].tolist()
    for done, batch in enumerate(evaluation_batches(clips, batch=1), 1):
        scene = int(batch.video)
        if done == 1 or scene != parts[done - 2]:
            kept = clips.kept(scene)
            points, offset = torch.zeros(2, kept, 3)
            share = torch.zeros(kept, classes)
        assert batch.point_index is not None
        own = batch.point_index.flatten() >= 0
        index = batch.point_index.flatten()[own]
        logits, moved = objective.predict(to_device(batch, device))
        points[index] = batch.points.reshape(-1, 3)[own]
        offset[index] = moved.float().cpu().reshape(-1, 3)[own]
        share[index] = logits.float().softmax(-1).cpu().reshape(-1, classes)[own]
        if progress:
            progress(done, len(parts), "parts scored")
        if done == len(parts) or parts[done] != scene:
            yield scene, points, share, offset
    objective.train(was_training)
