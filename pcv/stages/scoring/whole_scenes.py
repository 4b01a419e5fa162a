"""What is read of every point of whole scenes, a region at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pcv.clip import ClipBatch
from pcv.data.dataset import evaluation_batches
from pcv.data.scenes.dataset import SceneDataset
from pcv.evaluate.metrics import confusion_matrix

Labeller = Callable[[ClipBatch], Tensor]  # of a batch to (B, T, N) classes
PointReading = Callable[[ClipBatch], tuple[Tensor, ...]]  # of a batch to (B, T, N, ...) each


class SceneScores(NamedTuple):
    """What scoring whole scenes found; rows are the truth."""

    full: NDArray[np.int64]  # (classes, classes) of all points that are stored
    kept: NDArray[np.int64]  # (classes, classes) of those the model sees, data.spacing apart
    scenes: int  # with at least one labelled point


def score_scenes(
    label: Labeller,
    clips: SceneDataset,
    classes: int,
    *,
    batch: int = 1,
    workers: int = 0,
    advance: Callable[[int], None] = lambda clips: None,
) -> SceneScores:
    """Count the predictions of all labelled points of whole scenes.

    Args:
        label: Gives every point of a batch a class.
        clips: Scenes to score, without augmentation.
        classes: How many there are.
        batch: Regions at a time: memory does not grow with a scene.
        workers: Processes that read.
        advance: Called with the number of regions of each batch.

    Raises:
        ValueError: The points have no labels.
    """
    if "labels" not in clips.columns:
        raise ValueError("scenes without point labels cannot be scored")
    full, kept = np.zeros((2, classes, classes), np.int64)
    scenes, frame = 0, np.zeros(1, np.int64)
    for scene, guess in label_scenes(label, clips, batch=batch, workers=workers, advance=advance):
        stored = int(clips.store.videos.sizes[scene])
        truth = clips.store.read_column("labels", scene, frame, stored)[0]
        scenes += bool((truth >= 0).any())
        near = truth[: len(guess)]
        kept += confusion_matrix(near[near >= 0], guess[near >= 0], classes)
        guess = guess[clips.nearest_kept(scene)]
        full += confusion_matrix(truth[truth >= 0], guess[truth >= 0], classes)
    return SceneScores(full, kept, scenes)


def label_scenes(
    label: Labeller,
    clips: SceneDataset,
    *,
    batch: int = 1,
    workers: int = 0,
    advance: Callable[[int], None] = lambda clips: None,
) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Yield every scene with the class of each point that the model sees, in stored order."""
    found = read_scenes(
        lambda regions: (label(regions),), clips, batch=batch, workers=workers, advance=advance
    )
    for scene, (guess,) in found:
        yield scene, guess.numpy()


@torch.no_grad()
def read_scenes(
    read: PointReading,
    clips: SceneDataset,
    *,
    batch: int = 1,
    workers: int = 0,
    advance: Callable[[int], None] = lambda clips: None,
) -> Iterator[tuple[int, tuple[Tensor, ...]]]:
    """Yield every scene with what is read of each point that the model sees, in stored order.

    Takes what ``score_scenes`` takes; ``read`` gives every point of a batch some values.
    """
    scene, found = -1, tuple[Tensor, ...]()
    for regions in evaluation_batches(clips, batch=batch, workers=workers):
        assert regions.point_index is not None
        parts = [part.cpu().flatten(1, 2) for part in read(regions)]
        index = regions.point_index.flatten(1, 2)
        for row, video in enumerate(regions.video.tolist()):
            if video != scene:
                if scene >= 0:
                    yield scene, found
                scene, kept = video, clips.kept(video)
                found = tuple(part.new_zeros(kept, *part.shape[2:]) for part in parts)
            own = index[row] >= 0
            for whole, part in zip(found, parts, strict=True):
                whole[index[row][own]] = part[row][own]
        advance(len(regions.points))
    if scene >= 0:
        yield scene, found
