"""Classes of all points of scenes, part by part, in memory that a part bounds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from pcv.clip import ClipBatch
from pcv.ops import nearest
from pcv.train.fit import device_of, to_device

BLOCK = 1 << 14  # points looked up at a time
UNSEEN = -1


class SceneLabels(NamedTuple):
    """What was said of one scene."""

    scene: int
    guess: NDArray[np.int64]  # (n,) of its first n stored points; UNSEEN where nothing was said


@torch.no_grad()
def label_scenes(
    model: nn.Module,
    batches: Iterable[ClipBatch],
    classify: Callable[[ClipBatch], Tensor],
    advance: Callable[[int], None] = lambda clips: None,
) -> Iterator[SceneLabels]:
    """Classify the parts of scenes; a scene comes out when its last part is done.

    Args:
        model: Put in eval mode meanwhile.
        batches: One part each, the parts of a scene one after the other.
        classify: A batch -> (1, 1, N) classes.
        advance: Called with the number of parts of each batch.

    Raises:
        ValueError: A batch does not say which points of a scene it holds.
    """
    was_training = model.training
    model.eval()
    scene, guess = -1, np.empty(0, np.int64)
    for batch in batches:
        if batch.point_index is None or len(batch.video) != 1:
            raise ValueError("expected one part of a scene at a time, with its points' places")
        if int(batch.video) != scene:
            if scene >= 0:
                yield SceneLabels(scene, guess)
            scene, guess = int(batch.video), np.empty(0, np.int64)
        found = classify(to_device(batch, device_of(model))).cpu().flatten().numpy()
        index = batch.point_index.flatten().numpy()
        own = index >= 0
        spare = int(index.max(initial=-1)) + 1 - len(guess)
        if spare > 0:
            guess = np.concatenate([guess, np.full(spare, UNSEEN)])
        guess[index[own]] = found[own]
        advance(1)
    model.train(was_training)
    if scene >= 0:
        yield SceneLabels(scene, guess)


def carry(
    points: NDArray[np.float32],  # (n, 3): all of a scene
    guess: NDArray[np.int64],  # (m,), m <= n: of its first points
) -> NDArray[np.int64]:  # (n,)
    """Give points that nothing was said of the class of the nearest point that has one."""
    full = np.full(len(points), UNSEEN)
    full[: len(guess)] = guess
    known, rest = np.flatnonzero(full != UNSEEN), np.flatnonzero(full == UNSEEN)
    if not len(rest):
        return full
    told = torch.from_numpy(points[known])[None]
    for start in range(0, len(rest), BLOCK):
        asked = rest[start : start + BLOCK]
        index, _ = nearest(told, torch.from_numpy(points[asked])[None], 1)
        full[asked] = full[known[index[0, :, 0].numpy()]]
    return full
