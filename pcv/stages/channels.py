"""Whether a store holds what an encoder of scenes reads."""

from __future__ import annotations

from pathlib import Path

from pcv.config.encoder import SerialConfig, SparseUNetConfig
from pcv.config.objective import GaussianCrossConfig
from pcv.config.recipe import Recipe
from pcv.data.scenes.teacher_features import TeacherFeatures
from pcv.data.store.store import Store
from pcv.errors import RecipeError

COLUMNS = {"colour": "colour", "normal": "normals"}  # channel: column of a store and key of data


def check_channels(store: Store, recipe: Recipe) -> None:
    """Raise where the points of a store lack a channel, or the recipe does not ask for it.

    Raises:
        RecipeError: With the channel, and the key to set.
    """
    if not isinstance(recipe.encoder, SerialConfig | SparseUNetConfig):
        return
    _check_teacher(recipe)
    for channel in recipe.encoder.inputs:
        column = COLUMNS.get(channel)
        if column is None:
            continue
        if column not in store.columns:
            raise RecipeError(
                f"{store.path}: its points have no {column}, which the encoder reads; prepare a "
                f"store with them, or train an encoder whose encoder.inputs lacks {channel}"
            )
        if not getattr(recipe.data, column):
            raise RecipeError(f"encoder.inputs has {channel}: set data.{column}=true")


def _check_teacher(recipe: Recipe) -> None:
    """Raise where a 2D teacher's features are of another width than the recipe says."""
    objective, folder = recipe.objective, recipe.data.teacher
    if folder is None or not isinstance(objective, GaussianCrossConfig):
        return
    channels = TeacherFeatures(Path(folder)).shape[2]
    if channels != objective.teacher_channels:
        raise RecipeError(
            f"{folder}: features of {channels} channels, but objective.teacher_channels is "
            f"{objective.teacher_channels}"
        )
