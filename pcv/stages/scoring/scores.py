"""The input and the output of scoring, the same for all tasks."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pcv.config.recipe import Recipe
from pcv.data.store.store import Store
from pcv.stages.labels import class_names


class Asked(NamedTuple):
    """The videos or scenes that are scored, and the recipe by which they are cut."""

    store: Store
    videos: NDArray[np.int64]  # (n,) rows of the store
    recipe: Recipe

    @property
    def classes(self) -> int:
        """The number of classes."""
        return len(class_names(self.store, self.recipe))


class Scores(NamedTuple):
    """The scores of some videos or scenes."""

    values: dict[str, float]  # by the name of the score
    confusion: NDArray[np.int64] | None = None  # (classes, classes) of videos, or of points
    videos: int | None = None  # number of videos that were scored
    passes: int | None = None  # number of passes over every scene
