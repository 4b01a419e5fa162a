"""What a recipe asks for and a model cannot do, where only building or the first batch tells."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pcv.config.recipe import Recipe
from pcv.errors import RecipeError, one_line


@contextmanager
def as_recipe_says(recipe: Recipe, still: Callable[[], bool] = lambda: True) -> Iterator[None]:
    """Say in one line which sections of a recipe a model refuses.

    What can be known before is checked when the recipe is read; encoders and objectives of other
    packages may ask for more.

    Args:
        recipe: The recipe.
        still: Whether a ``ValueError`` is still about the recipe, for example before the first
            step is done.

    Raises:
        RecipeError: The model raised a ``ValueError``.
    """
    try:
        yield
    except ValueError as error:
        if not still():
            raise
        raise RecipeError(
            f"encoder {recipe.encoder.name} with objective {recipe.objective.name}: "
            f"{one_line(error)}; change the sections encoder, objective, data or augment of the "
            "recipe"
        ) from error
