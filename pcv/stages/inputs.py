"""Whether a store holds what an encoder reads."""

from __future__ import annotations

from pcv.config import Recipe, SerialConfig, SparseUNetConfig
from pcv.data.store import Store
from pcv.errors import RecipeError

COLUMNS = {"colour": "colour", "normal": "normals"}  # channel: column of a store and key of data


def check_inputs(recipe: Recipe, store: Store) -> None:
    """Raise where the points of a store lack a channel, or the recipe does not ask for it.

    Raises:
        RecipeError: With the channel, and the key to set.
    """
    if not isinstance(recipe.encoder, SerialConfig | SparseUNetConfig):
        return
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
