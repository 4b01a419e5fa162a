"""The videos whose labels a recipe uses, and the names of its classes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pcv.config.recipe import Recipe
from pcv.data.splits import Split, split_videos
from pcv.data.store.store import Store


def split_of(store: Store, recipe: Recipe) -> Split:
    """Split a store as the recipe's stage, objective and protocol demand.

    Raises:
        InputError: The store cannot be split in this way.
    """
    labelled = recipe.stage != "pretrain"
    return split_videos(store, recipe.train, labelled=labelled, points=recipe.labels_points)


def scored_videos(split: Split, recipe: Recipe) -> NDArray[np.int64]:  # (n,) rows of the store
    """Return the videos that a finished run is scored on: its fold, if it has one, else test."""
    return split.test if recipe.train.validation_fold is None else split.validation


def labelled_lines(store: Store, split: Split, recipe: Recipe) -> list[str]:
    """Return a line on each labelled training video, with its class, if not all are labelled."""
    train = recipe.train
    if recipe.stage == "pretrain" or (train.label_fraction == 1 and not train.shots):
        return []
    names, label = store.videos.name, store.videos.label
    return [f"{names[row]}\t{store.class_names[label[row]]}" for row in split.train]


def class_names(store: Store, recipe: Recipe) -> list[str]:
    """Return the names of the classes that the recipe's objective tells apart."""
    if recipe.labels_points:
        return store.point_class_names or store.class_names
    return store.class_names
