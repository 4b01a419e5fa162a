"""Every point of whole scenes is given one class, a region at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pcv.clip import ClipBatch
from pcv.data.dataset import evaluation_batches
from pcv.data.scenes import SceneDataset
from pcv.evaluate.metrics import confusion_matrix

Labeller = Callable[[ClipBatch], Tensor]  # of a batch to (B, T, N) classes


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


@torch.no_grad()
def label_scenes(
    label: Labeller,
    clips: SceneDataset,
    *,
    batch: int = 1,
    workers: int = 0,
    advance: Callable[[int], None] = lambda clips: None,
) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Yield every scene with the class of each point that the model sees, in stored order."""
    scene, guess = -1, np.empty(0, np.int64)
    for regions in evaluation_batches(clips, batch=batch, workers=workers):
        assert regions.point_index is not None
        found, index = label(regions).cpu().numpy(), regions.point_index.numpy()
        for row, video in enumerate(regions.video.tolist()):
            if video != scene:
                if scene >= 0:
                    yield scene, guess
                scene, guess = video, np.full(clips.kept(video), -1, np.int64)
            own = index[row] >= 0
            guess[index[row][own]] = found[row][own]
        advance(len(regions.points))
    if scene >= 0:
        yield scene, guess
