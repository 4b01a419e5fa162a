"""Labelling all points of whole frames, and scoring the labels."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pcv.clip import IGNORED, ClipBatch
from pcv.evaluate.metrics import confusion_matrix
from pcv.nn.mode import evaluating
from pcv.objectives import Supervised
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
    objective: Supervised,
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
    matrix, videos, done = np.zeros((classes, classes), np.int64), set(), 0
    with evaluating(objective):
        for batch in batches:
            if batch.point_label is None:
                raise ValueError("clips without point labels cannot be scored")
            moved = to_device(batch, device_of(objective))
            guess = guess_points(objective, moved).label.cpu()
            count = len(batch.points)
            counted = torch.from_numpy(fresh[done : done + count])[:, :, None]
            known = (batch.point_label != IGNORED) & counted
            truth = batch.point_label[known].numpy()
            matrix += confusion_matrix(truth, guess[known].numpy(), classes)
            videos |= set(batch.video[known.flatten(1).any(1)].tolist())
            done += count
            advance(count)
    return PointScores(matrix, len(videos))


def guess_points(objective: Supervised, batch: ClipBatch) -> Guess:  # (B, T, N)
    """Predict the class of every point of a batch (B, T, N, 3) once, from whole frames.

    Frames are cut in two at the median of the clip along the axis that ``config.cut`` gives, since
    large scenes are trained on in parts. Each half also reads points up to the overlap beyond the
    cut, but labels its own side only. Clips are taken one by one, so that a prediction does not
    depend on the batch.
    """
    halves = objective.config.cut()
    found = []
    for number in range(len(batch.points)):
        clip = only_clip(batch, number)
        if halves.axis == "none":
            found.append(best_guess(objective.guess(clip).scores[0]))
        else:
            found.append(_label_clip(objective, clip, AXES[halves.axis], halves.overlap))
    return Guess(*(torch.stack(values) for values in zip(*found, strict=True)))


def best_guess(
    scores: Tensor,  # (..., classes) logits
) -> Guess:  # (...)
    """Return the class with the highest score, and its softmax."""
    label = scores.argmax(-1)
    return Guess(label, torch.softmax(scores.float(), -1).gather(-1, label[..., None])[..., 0])


def _label_clip(objective: Supervised, clip: ClipBatch, axis: int, reach: float) -> Guess:
    along = clip.points[0, ..., axis]  # (T, N)
    cut = along.median()
    guess = Guess(
        torch.zeros(along.shape, dtype=torch.int64, device=along.device), torch.zeros_like(along)
    )
    for own, seen in ((along > cut, along > cut - reach), (along <= cut, along <= cut + reach)):
        if own.any():
            found = _label_seen(objective, clip, seen)
            guess = Guess(*(torch.where(own, f, g) for f, g in zip(found, guess, strict=True)))
    return guess


def _label_seen(objective: Supervised, clip: ClipBatch, seen: Tensor) -> Guess:  # (T, N)
    """Label the seen points, with 0 elsewhere; frames are filled up by repeating seen points."""
    frames, spare = seen.shape  # a column more than points, for repeated ones
    count = seen.sum(1, keepdim=True)  # (T, 1)
    order = (~seen).to(torch.uint8).argsort(dim=1, stable=True)  # seen points first, in order
    slot = torch.arange(int(count.max()), device=seen.device)[None]
    index = order.gather(1, slot % count.clamp(min=1))
    column = torch.where(slot < count, index, spare)
    spread = []
    for values in best_guess(objective.guess(take_points(clip, index)).scores[0]):
        out = values.new_zeros((frames, spare + 1))
        spread.append(out.scatter_(1, column, values)[:, :spare])
    return Guess(*spread)


def only_clip(batch: ClipBatch, number: int) -> ClipBatch:
    """Return a batch of one of the clips, with the points and what is known of them."""
    mine: dict[str, Any] = {
        name: value[number : number + 1]
        for name, value in batch._asdict().items()
        if isinstance(value, Tensor)
    }
    return ClipBatch(**mine)


def take_points(clip: ClipBatch, index: Tensor) -> ClipBatch:
    """Return the chosen points of every frame, with what the encoder may read of them.

    Args:
        clip: A batch of one clip.
        index: (T, M) int64: which points of each frame.
    """
    names = ("points", "point_colour", "point_normal")
    rows = index[None, :, :, None].expand(-1, -1, -1, 3)
    given = {name: getattr(clip, name) for name in names}
    taken = {name: v.gather(2, rows) for name, v in given.items() if v is not None}
    points = taken.pop("points")
    return ClipBatch(points, clip.label, clip.video, **taken)
