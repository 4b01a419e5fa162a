"""Scores of videos from several passes: random draws of points, intervals and scales."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from pcv.config.data import DataConfig
from pcv.config.scoring import EvalConfig
from pcv.data.dataset import ClipDataset, evaluation_batches
from pcv.data.scenes.dataset import open_clips
from pcv.data.store.store import Store
from pcv.errors import InputError
from pcv.evaluate.videos import VideoScores, score_clips
from pcv.objectives import Supervised

BATCH = 32  # clips per batch; a score does not depend on it


def open_passes(
    store: Store,
    videos: NDArray[np.int64],  # (n,) rows of the store
    data: DataConfig,
    passes: EvalConfig,
) -> list[ClipDataset]:
    """Open the clips of every pass; one pass of the stored prefix is what ``EvalConfig()`` asks.

    Raises:
        InputError: Random draws are asked of a store that has no more points than a clip; and as
            ``open_clips``.
    """
    opened = [open_clips(store, videos, data)]
    if passes == EvalConfig():
        return opened
    if store.ordered is not None:
        raise InputError(f"{store.path}: holds scenes, of which eval takes no passes to classify")
    if passes.draws and store.points <= data.points:
        raise InputError(
            f"{store.path}: it holds {store.points} points per frame and clips have "
            f"{data.points}, so eval.draws has nothing to draw from; prepare more points or set "
            "eval.draws=0"
        )
    # Passes of one draw follow one another, so that each takes the decoded points of the last.
    for draw in range(passes.draws + 1):
        for cut in _cuts(data, passes):
            opened.append(opened[-1].cut_again(cut, draw))
    return opened[1:]


def _cuts(data: DataConfig, passes: EvalConfig) -> Iterator[DataConfig]:
    for interval in passes.intervals or (data.interval,):
        for factor in passes.scales:
            yield data.model_copy(update={"interval": interval, "scale": data.scale * factor})


def score_passes(
    objective: Supervised,
    passes: list[ClipDataset],
    advance: Callable[[int], None] = lambda clips: None,
    *,
    workers: int = 0,
) -> VideoScores:
    """Score the clips of every pass; every pass has the same say, however many clips it has.

    Args:
        objective: Put in eval mode meanwhile.
        passes: What ``open_passes`` opens.
        advance: Called with the number of clips of each batch.
        workers: Processes that load clips.

    Returns:
        The scores of the only pass, or of all of them: then ``score`` is the sum over passes of the
        mean softmax of a pass's clips, and ``clips`` counts passes. A video is missing from passes
        whose interval leaves no clip of it.
    """
    found = [
        score_clips(objective, evaluation_batches(clips, batch=BATCH, workers=workers), advance)
        for clips in passes
    ]
    return found[0] if len(found) == 1 else _pool(found)


def _pool(found: list[VideoScores]) -> VideoScores:
    found = [each for each in found if len(each.video)] or found[:1]
    videos, index = np.unique(np.concatenate([each.video for each in found]), return_inverse=True)
    share = np.concatenate([each.score / each.clips[:, None] for each in found])
    score = np.zeros((len(videos), share.shape[1]))
    np.add.at(score, index, share)
    label = np.zeros(len(videos), np.int64)
    label[index] = np.concatenate([each.label for each in found])
    return VideoScores(videos, label, np.bincount(index, minlength=len(videos)), score)
