"""The statistics of a finetuned model, found anew of training clips before it is scored."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pcv.config.recipe import Recipe
from pcv.data.dataset import evaluation_batches
from pcv.data.store.store import Store
from pcv.evaluate.statistics import recompute_statistics
from pcv.objectives import Supervised
from pcv.stages.scoring.scores import Asked
from pcv.stages.tasks.task import Task

MOST = 512  # clips; more change the statistics by less than two draws of them differ


def renew_statistics(
    objective: Supervised,
    task: Task,
    store: Store,
    videos: NDArray[np.int64],  # (n,) rows of the labelled training videos
    recipe: Recipe,
) -> int:
    """Find the statistics of batch normalisation anew, where the recipe says so.

    Clips are read as scoring reads them, without augmentation; at most ``MOST`` of them, spread
    over all videos and shuffled by the run's seed, so that every batch holds several classes.

    Returns:
        How many clips were read; 0 where nothing was done.
    """
    if not recipe.objective.recomputes():
        return 0
    clips = task.clips(Asked(store, videos, recipe))
    chosen = np.unique(np.linspace(0, len(clips) - 1, MOST).round().astype(np.int64))
    chosen = np.random.default_rng(recipe.train.seed).permutation(chosen[: len(clips)])
    if len(chosen) % task.batch == 1:  # one clip alone has no variance
        chosen = chosen[:-1]
    if not len(chosen):
        return 0
    clips.clips = clips.clips[chosen]
    batches = evaluation_batches(clips, batch=task.batch, workers=recipe.train.workers)
    return recompute_statistics(objective, batches)
