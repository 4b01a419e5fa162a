"""The classes of points by the sum of softmax over several passes (test-time augmentation)."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from pcv.clip import ClipBatch
from pcv.config.scoring import EvalConfig
from pcv.data.scenes.passes import passes, show
from pcv.evaluate.segmentation import Guess, best_guess
from pcv.stages.scoring.whole_scenes import Labeller

ONE = EvalConfig()  # a single pass, neither turned nor scaled


def vote(
    scores: Callable[[ClipBatch], Tensor],  # -> (B, T, N, classes)
    config: EvalConfig,
) -> Labeller:
    """Return a function that gives points the class of the largest sum; see ``vote_shares``."""
    guess = vote_shares(scores, config)
    return lambda batch: guess(batch).label


def vote_shares(
    scores: Callable[[ClipBatch], Tensor],  # -> (B, T, N, classes)
    config: EvalConfig,
) -> Callable[[ClipBatch], Guess]:  # -> (B, T, N)
    """Return a function that gives points the class of the largest sum, and its mean softmax.

    It needs the memory of one pass and of one tensor of probabilities, however many passes there
    are.

    Args:
        scores: Returns the logits of a batch.
        config: The passes; the logits of a single plain one are used as they are.
    """
    if config == ONE:
        return lambda batch: best_guess(scores(batch))
    shown = passes(config)

    def guess(batch: ClipBatch) -> Guess:
        total: Tensor | None = None
        for one in shown:
            share = scores(show(batch, one)).float().softmax(-1)
            total = share if total is None else total.add_(share)
        assert total is not None
        best, label = total.max(-1)
        return Guess(label, best / len(shown))

    return guess
