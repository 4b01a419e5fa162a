"""The predictions for those points of rooms that a model sees."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from pcv.clip import ClipBatch
from pcv.data.scenes.dataset import SceneDataset
from pcv.evaluate.instances import Proposal
from pcv.evaluate.segmentation import Guess
from pcv.nn.mode import evaluating
from pcv.objectives import Supervised
from pcv.stages.scoring.whole_scenes import read_scenes
from pcv.train.device import device_of, to_device

Parts = Callable[[int], None]  # called with the number of regions that were just done


def nobody(parts: int) -> None:
    """Show no progress."""


class Seen(NamedTuple):
    """The predictions for the points that a model sees of one room, in stored order."""

    label: NDArray[np.int64]  # (kept,)
    share: NDArray[np.float32]  # (kept,) softmax of that class
    objects: list[Proposal] | None = None  # most confident first; None: the model finds no objects


def see_points(
    objective: Supervised,
    guess: Callable[[ClipBatch], Guess],  # (B, T, N)
    clips: SceneDataset,
    advance: Parts = nobody,
) -> Iterator[tuple[int, Seen]]:
    """Yield each room with the classes of the points that a model sees.

    Args:
        objective: The module that ``guess`` uses, which is put in eval mode meanwhile.
        guess: Predicts the class of every point of a batch of regions.
        clips: Rooms, without augmentation.
        advance: Called with the number of regions of each batch.
    """
    device = device_of(objective)

    def read(regions: ClipBatch) -> tuple[Tensor, ...]:
        return guess(to_device(regions, device))

    with evaluating(objective):
        for room, (label, share) in read_scenes(read, clips, advance=advance):
            yield room, Seen(label.numpy(), share.numpy())
