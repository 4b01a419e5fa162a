"""Scores of objects in whole scenes: average precision, and the classes of points."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor

from pcv.clip import ClipBatch
from pcv.data.scenes.dataset import SceneDataset
from pcv.errors import InputError
from pcv.evaluate.instances import Proposal, TrueScene, average_precision
from pcv.evaluate.metrics import accuracy, confusion_matrix, mean_iou
from pcv.evaluate.propose import propose
from pcv.nn.mode import evaluating
from pcv.objectives.scene_instances import SceneInstances
from pcv.progress import Advance, Progress
from pcv.stages.scoring.scenes import scene_clips
from pcv.stages.scoring.scores import Asked, Scores
from pcv.stages.scoring.whole_scenes import read_scenes
from pcv.train.device import device_of, to_device


def score_instances(
    objective: SceneInstances, asked: Asked, progress: Progress | None = None
) -> Scores:
    """Find the objects of scenes, and score them and the points' classes on all stored points.

    Raises:
        InputError: The store holds no scenes, or its points have no labels or no instances.
    """
    store, scenes, recipe = asked
    for column in ("labels", "instances"):
        if column not in store.columns:
            raise InputError(f"{store.path}: its points have no {column}; instances need them")
    clips = scene_clips(store, scenes, recipe)
    count = asked.classes
    stuff = objective.config.stuff
    things = tuple(label for label in range(count) if label not in stuff)
    matrix = np.zeros((count, count), np.int64)
    pairs: list[tuple[TrueScene, list[Proposal]]] = []
    advance = Advance(progress, len(clips), "parts scored")
    for scene, share, found in find_objects(objective, clips, advance):
        frame, stored = np.zeros(1, np.int64), int(store.videos.sizes[scene])
        label, instance = (
            store.read_column(name, scene, frame, stored)[0].astype(np.int64)
            for name in ("labels", "instances")
        )
        near = clips.nearest_kept(scene)
        guess = share.argmax(1).numpy()[near]
        matrix += confusion_matrix(label[label >= 0], guess[label >= 0], count)
        whole = [each._replace(mask=each.mask[near]) for each in found]
        pairs.append((TrueScene(label, instance), whole))
    values = average_precision(pairs, things) | mean_iou(matrix)
    return Scores(values | {"point_accuracy": accuracy(matrix)}, matrix, len(pairs))


def find_objects(
    objective: SceneInstances,
    clips: SceneDataset,
    advance: Callable[[int], None] = lambda clips: None,
) -> Iterator[tuple[int, Tensor, list[Proposal]]]:
    """Yield each scene, its points' probabilities (kept, classes), and the objects among them.

    The points are those that the model sees, and the most confident object comes first.

    Args:
        objective: The trained objective, which is put in eval mode meanwhile.
        clips: Scenes, without augmentation.
        advance: Called with the number of regions of each batch.
    """
    device = device_of(objective)

    def read(batch: ClipBatch) -> tuple[Tensor, Tensor]:
        logits, offset = objective.guess(to_device(batch, device))
        assert offset is not None
        return logits.float().softmax(-1), offset.float()

    with evaluating(objective):
        for scene, (share, offset) in read_scenes(read, clips, advance=advance):
            # Positions are not taken from regions, each of which may have another origin.
            points = np.asarray(clips.arrays(scene)["points"], np.float32)
            position = torch.from_numpy(points * np.float32(clips.config.scale))
            yield scene, share, propose(position, share, offset, objective.config)
