"""Turning scores of clips into scores of videos."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from pcv.clip import ClipBatch
from pcv.nn.mode import evaluating
from pcv.objectives import Supervised
from pcv.train.device import device_of, to_device


class VideoScores(NamedTuple):
    """One row per video that yielded a clip, in ascending order of ``video``."""

    video: NDArray[np.int64]  # (V,)
    label: NDArray[np.int64]  # (V,)
    clips: NDArray[np.int64]  # (V,) how many were scored
    score: NDArray[np.float64]  # (V, classes): softmax summed over clips


@torch.no_grad()
def score_clips(
    objective: Supervised,
    batches: Iterable[ClipBatch],
    advance: Callable[[int], None] = lambda clips: None,
) -> VideoScores:
    """Score every clip and sum the softmax over the clips of a video.

    Args:
        objective: Put in eval mode meanwhile.
        batches: Clips of the split, each once.
        advance: Called with the number of clips of each batch.
    """
    summed: dict[int, NDArray[np.float64]] = {}
    labels: dict[int, int] = {}
    clips: Counter[int] = Counter()
    with evaluating(objective):
        for batch in batches:
            moved = to_device(batch, device_of(objective))
            share = torch.softmax(objective.guess(moved).scores.double(), 1).cpu().numpy()
            for row, video, label in zip(
                share, batch.video.tolist(), batch.label.tolist(), strict=True
            ):
                summed[video] = summed.get(video, 0) + row
                labels[video] = label
                clips[video] += 1
            advance(len(share))
    order = sorted(summed)
    return VideoScores(
        np.array(order, np.int64),
        np.array([labels[v] for v in order], np.int64),
        np.array([clips[v] for v in order], np.int64),
        np.stack([summed[v] for v in order]) if order else np.empty((0, 0)),
    )
