"""A run of ``pcv pretrain`` or ``pcv finetune`` that is opened to use what it trained."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from pcv.config.recipe import Recipe, load_recipe
from pcv.data.store.store import Store, open_store
from pcv.encoders import build_encoder
from pcv.errors import InputError
from pcv.objectives import Objective, build_objective
from pcv.train.checkpoint import load_objective
from pcv.train.device import device
from pcv.train.run import RunFolder


class FinishedRun(NamedTuple):
    """A run folder, with its recipe and the store that it was trained on."""

    path: Path
    recipe: Recipe
    store: Path

    @classmethod
    def open(cls, path: Path, overrides: tuple[str, ...] = ()) -> FinishedRun:
        """Read a run folder.

        Args:
            path: The folder.
            overrides: ``eval.KEY=VALUE``: changes of the recipe's section ``eval``.

        Raises:
            InputError: It is not a run folder, or an override names another section.
        """
        for override in overrides:
            if not override.startswith("eval."):
                raise InputError(
                    f"--set {override}: of a finished run only eval.KEY can be changed"
                )
        if not (path / "recipe.yaml").is_file():
            raise InputError(f"{path}: not a run folder; pcv pretrain and pcv finetune write them")
        recipe = load_recipe(path / "recipe.yaml", overrides)
        return cls(path, recipe, Path(str(RunFolder(path).inputs().store or recipe.store)))

    def open_store(self, moved: Path | None = None) -> Store:
        """Open the store that the run was trained on.

        Args:
            moved: Where the store is now; None: where it was.

        Raises:
            InputError: The store is missing, or holds another dataset.
        """
        return open_store(moved or self.store, self.recipe.data.dataset)

    def objective(self, classes: int, checkpoint: str = "last") -> Objective:
        """Return the trained objective, on the fastest device.

        Args:
            classes: The number of classes that it tells apart; 0 for pretraining.
            checkpoint: ``last`` or ``best``.

        Raises:
            InputError: The checkpoint is missing, damaged, or that of another model.
        """
        objective = build_objective(
            self.recipe, build_encoder(self.recipe.encoder), classes=classes
        )
        folder = RunFolder(self.path)
        load_objective(folder.last if checkpoint == "last" else folder.best, objective)
        return objective.to(device())
