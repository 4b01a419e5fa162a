"""Classes of points by the sum of softmax over several passes (test-time augmentation)."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from pcv.clip import ClipBatch
from pcv.config.scoring import EvalConfig
from pcv.data.scenes.passes import passes, show
from pcv.evaluate.segmentation import Guess, best_guess
from pcv.stages.scoring.whole_scenes import Labeller

ONE = EvalConfig()


def vote(scores: Callable[[ClipBatch], Tensor], config: EvalConfig) -> Labeller:
    """Return what gives points the class of the largest sum; takes what ``vote_shares`` takes."""
    guess = vote_shares(scores, config)
    return lambda batch: guess(batch).label


def vote_shares(
    scores: Callable[[ClipBatch], Tensor], config: EvalConfig
) -> Callable[[ClipBatch], Guess]:
    """Return what gives points the class of the largest sum, and its mean softmax.

    Memory is that of one pass and of one tensor of probabilities, however many passes there are.

    Args:
        scores: Of a batch to logits (B, T, N, classes).
        config: The passes; a single plain one takes the logits as they are.
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
