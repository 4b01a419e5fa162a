"""Predictions for every point of whole scenes, which are read region by region."""

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

Labeller = Callable[[ClipBatch], Tensor]  # returns the classes (B, T, N) of a batch
PointReading = Callable[[ClipBatch], tuple[Tensor, ...]]  # returns (B, T, N, ...) each


class SceneScores(NamedTuple):
    """The confusion of classes in whole scenes; rows are the truth."""

    full: NDArray[np.int64]  # (classes, classes) of all stored points
    kept: NDArray[np.int64]  # (classes, classes) of the points that the model sees
    scenes: int  # number of scenes with at least one labelled point


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
        clips: The scenes, without augmentation.
        classes: The number of classes.
        batch: Regions per batch, so that memory does not grow with a scene.
        workers: Processes that load regions; 0: this process does.
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
    """Yield every scene with the classes (kept,) of the points that the model sees, as stored."""
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
    """Yield every scene with some values (kept, ...) of each point that the model sees, as stored.

    Args:
        read: Gives every point of a batch one or more values.
        clips: The scenes, without augmentation.
        batch: Regions per batch.
        workers: Processes that load regions; 0: this process does.
        advance: Called with the number of regions of each batch.
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
