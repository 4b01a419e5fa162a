"""What is asked of scoring, and what it finds."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pcv.config.recipe import Recipe
from pcv.data.store.store import Store
from pcv.stages.labels import class_names


class Asked(NamedTuple):
    """What is scored."""

    store: Store
    videos: NDArray[np.int64]  # (n,) rows of the store
    recipe: Recipe

    @property
    def classes(self) -> int:
        """How many classes there are."""
        return len(class_names(self.store, self.recipe))


class Scores(NamedTuple):
    """What scoring some videos found."""

    values: dict[str, float]
    confusion: NDArray[np.int64] | None = None  # (classes, classes) of videos, or of points
    videos: int | None = None  # scored
    passes: int | None = None  # over every scene
