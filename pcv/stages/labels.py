"""What the labels of a recipe are: of which videos, and what their classes are called."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pcv.config.recipe import Recipe
from pcv.data.splits import Split, split_videos
from pcv.data.store.store import Store


def split_of(store: Store, recipe: Recipe) -> Split:
    """Split a store as a recipe's stage, objective and protocol ask.

    Raises:
        InputError: The store cannot be split so.
    """
    labelled = recipe.stage != "pretrain"
    return split_videos(store, recipe.train, labelled=labelled, points=recipe.labels_points)


def scored_videos(split: Split, recipe: Recipe) -> NDArray[np.int64]:  # (n,) rows of the store
    """Return the videos that a finished run is scored on: test, or its fold of cross-validation."""
    return split.test if recipe.train.validation_fold is None else split.validation


def labelled_lines(store: Store, split: Split, recipe: Recipe) -> list[str]:
    """Name the training videos and their classes, where a recipe labels only some of them."""
    train = recipe.train
    if recipe.stage == "pretrain" or (train.label_fraction == 1 and not train.shots):
        return []
    names, label = store.videos.name, store.videos.label
    return [f"{names[row]}\t{store.class_names[label[row]]}" for row in split.train]


def class_names(store: Store, recipe: Recipe) -> list[str]:
    """Return the names of the classes that a recipe's objective tells apart."""
    if recipe.labels_points:
        return store.point_class_names or store.class_names
    return store.class_names
