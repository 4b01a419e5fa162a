"""Objectives are what encoders are trained for, one per file."""

from __future__ import annotations

from pcv.config.recipe import Recipe
from pcv.encoders import Encoder
from pcv.objectives.objective import Objective, Sizes, Supervised
from pcv.plugins import imported


def build_objective(recipe: Recipe, encoder: Encoder, *, classes: int, total: int = 1) -> Objective:
    """Build the objective of a recipe around an encoder.

    Args:
        recipe: The recipe, of which the sections ``objective`` and ``data`` are used.
        encoder: The encoder that is trained.
        classes: The number of classes of the store; only supervised objectives use it.
        total: Steps of the whole run, for objectives that have schedules of their own.

    Raises:
        PluginError: The package that registers the objective names a class that it does not have.
    """
    sizes = Sizes(recipe.data.frames, recipe.data.points, classes, total)
    return imported(recipe.objective.builds, Objective).build(recipe.objective, encoder, sizes)


__all__ = ["Objective", "Sizes", "Supervised", "build_objective"]
