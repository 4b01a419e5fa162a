"""Learning rates as pure functions of the step, so that no state is needed to resume."""

from __future__ import annotations

import math
from collections.abc import Callable

from pcv.config.training import OptimConfig


def build_schedule(
    config: OptimConfig, *, steps_per_epoch: int, steps: int
) -> Callable[[int], float]:
    """Turn a recipe's epochs into a function from the step (from 0) to the learning rate.

    Warm-up is linear from ``warmup_start * lr`` and reaches ``lr`` after ``warmup_epochs``. After
    it, the schedule ``cosine`` falls from ``lr`` to 0 at the last step, ``steps`` divides the rate
    by 10 at each milestone, and ``constant`` keeps it.

    Args:
        config: The optimiser's part of the recipe.
        steps_per_epoch: Optimiser steps in one pass over the data, at least 1.
        steps: Optimiser steps of the whole run, at least 1.

    Raises:
        ValueError: A number of steps is not positive.
    """
    if steps_per_epoch < 1 or steps < 1:
        raise ValueError(
            f"steps_per_epoch and steps must be positive, found {steps_per_epoch} and {steps}"
        )
    warmup = round(config.warmup_epochs * steps_per_epoch)

    def value(step: int) -> float:
        if step < warmup:
            rise = config.warmup_start + (1 - config.warmup_start) * step / warmup
            return config.lr * rise
        if config.schedule == "cosine":
            done = min(1.0, (step - warmup) / max(1, steps - warmup))
            return config.lr * 0.5 * (1 + math.cos(math.pi * done))
        if config.schedule == "steps":
            passed = sum(step >= epoch * steps_per_epoch for epoch in config.milestones)
            return config.lr / 10**passed
        return config.lr

    return value
