"""Labelling all points of whole frames, and scoring the labels."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pcv.clip import IGNORED, ClipBatch
from pcv.evaluate.metrics import confusion_matrix
from pcv.objectives.segment import Segment
from pcv.train.device import device_of, to_device

AXES = {"x": 0, "y": 1, "z": 2}


class Guess(NamedTuple):
    """The predicted classes of points."""

    label: Tensor  # (..., N) int64
    share: Tensor  # (..., N) float32: softmax of that class


class PointScores(NamedTuple):
    """The result of scoring."""

    confusion: NDArray[np.int64]  # (classes, classes), rows: truth
    videos: int  # number of videos with at least one labelled point


@torch.no_grad()
def score_points(
    objective: Segment,
    batches: Iterable[ClipBatch],
    fresh: NDArray[np.bool_],  # (clips, T)
    classes: int,
    advance: Callable[[int], None] = lambda clips: None,
) -> PointScores:
    """Count the predictions of all labelled points.

    Args:
        objective: Put in eval mode meanwhile.
        batches: Clips of whole frames, in the order of ``fresh``.
        fresh: Which frames of each clip count; a frame that two clips share counts once.
        classes: The number of classes.
        advance: Called with the number of clips of each batch.

    Raises:
        ValueError: A batch has no point labels.
    """
    was_training = objective.training
    objective.eval()
    matrix, videos, done = np.zeros((classes, classes), np.int64), set(), 0
    for batch in batches:
        if batch.point_label is None:
            raise ValueError("clips without point labels cannot be scored")
        moved = to_device(batch, device_of(objective))
        guess = label_points(objective, objective.encoder.inputs(moved)).cpu()
        count = len(batch.points)
        counted = torch.from_numpy(fresh[done : done + count])[:, :, None]
        known = (batch.point_label != IGNORED) & counted
        truth = batch.point_label[known].numpy()
        matrix += confusion_matrix(truth, guess[known].numpy(), classes)
        videos |= set(batch.video[known.flatten(1).any(1)].tolist())
        done += count
        advance(count)
    objective.train(was_training)
    return PointScores(matrix, len(videos))


def label_points(
    objective: Segment,
    points: Tensor,  # (B, T, N, 3 or 6)
) -> Tensor:  # (B, T, N) int64
    """Return the class of every point, as ``guess_points`` predicts it."""
    return guess_points(objective, points).label


def guess_points(
    objective: Segment,
    points: Tensor,  # (B, T, N, 3 or 6)
) -> Guess:  # (B, T, N)
    """Predict the class of every point once, from whole frames.

    Frames are cut in two at the median of the clip along ``objective.config.halves``, since large
    scenes are trained on in parts. Each half also reads points up to ``overlap`` beyond the cut,
    but labels its own side only. Clips are taken one by one, so that a prediction does not depend
    on the batch.
    """
    axis = objective.config.halves
    if axis == "none":
        found = [best_guess(objective.scores(clip[None])[0]) for clip in points]
    else:
        found = [_label_clip(objective, clip, AXES[axis]) for clip in points]
    return Guess(*(torch.stack(values) for values in zip(*found, strict=True)))


def best_guess(
    scores: Tensor,  # (..., classes) logits
) -> Guess:  # (...)
    """Return the class with the highest score, and its softmax."""
    label = scores.argmax(-1)
    return Guess(label, torch.softmax(scores.float(), -1).gather(-1, label[..., None])[..., 0])


def _label_clip(objective: Segment, points: Tensor, axis: int) -> Guess:  # of (T, N)
    along = points[..., axis]
    cut, reach = along.median(), objective.config.overlap
    guess = Guess(
        torch.zeros(along.shape, dtype=torch.int64, device=points.device), torch.zeros_like(along)
    )
    for own, seen in ((along > cut, along > cut - reach), (along <= cut, along <= cut + reach)):
        if own.any():
            found = _label_seen(objective, points, seen)
            guess = Guess(*(torch.where(own, f, g) for f, g in zip(found, guess, strict=True)))
    return guess


def _label_seen(objective: Segment, points: Tensor, seen: Tensor) -> Guess:  # (T, N)
    """Label the seen points, with 0 elsewhere; frames are filled up by repeating seen points."""
    count = seen.sum(1, keepdim=True)  # (T, 1)
    order = (~seen).to(torch.uint8).argsort(dim=1, stable=True)  # seen points first, in order
    slot = torch.arange(int(count.max()), device=points.device)[None]
    index = order.gather(1, slot % count.clamp(min=1))
    part = points.gather(1, index[:, :, None].expand(-1, -1, points.shape[2]))
    spare = points.shape[1]  # a column that takes the repeated points
    column = torch.where(slot < count, index, spare)
    spread = []
    for values in best_guess(objective.scores(part[None])[0]):
        out = values.new_zeros((len(points), spare + 1))
        spread.append(out.scatter_(1, column, values)[:, :spare])
    return Guess(*spread)
