"""What a run is told: recipe, store, output folder and where its weights come from."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from pcv.config.recipe import Recipe, dump_recipe, load_recipe
from pcv.data.store.store import Store
from pcv.encoders import build_encoder
from pcv.errors import InputError, RecipeError
from pcv.objectives import Objective, build_objective
from pcv.train.checkpoint import (
    load_objective,
)
from pcv.train.device import device
from pcv.train.run import RunFolder


class Job(NamedTuple):
    """One run of one stage."""

    recipe: Recipe
    name: str  # of the recipe, as ``recipe_name`` says
    store: Path
    out: Path
    start: Path | None = None  # pretrained run; None: random weights

    @classmethod
    def load(
        cls,
        recipe_file: Path,
        stage: str,
        store: Path | None = None,
        out: Path | None = None,
        overrides: tuple[str, ...] = (),
        start: Path | None = None,
    ) -> Job:
        """Read a recipe and fill in what was left to defaults.

        Raises:
            RecipeError: The recipe is bad or of another stage.
            InputError: No store is named anywhere.
        """
        recipe = load_recipe(recipe_file, overrides)
        if recipe.stage != stage:
            raise RecipeError(
                f"{recipe_file}: a recipe for pcv {recipe.stage}, not for pcv {stage}"
            )
        if store is None and recipe.store is None:
            raise InputError(f"{recipe_file}: no store; give --store DIR (pcv prepare writes one)")
        name = recipe_name(recipe_file, recipe.data.dataset)
        return cls(
            recipe=recipe,
            name=name,
            store=store or Path(str(recipe.store)),
            out=out or Path("runs") / f"{name}-seed{recipe.train.seed}",
            start=start,
        )

    def described(self, store: Store) -> dict[str, Any]:
        """Return what a result says of its run, whatever the stage: fields of ``RunResult``."""
        train = self.recipe.train
        return {
            "recipe": self.name,
            "seed": train.seed,
            "dataset": store.dataset,
            "protocol": train.protocol,
            "init": self.start.name if self.start else "random",
            "fold": train.validation_fold,
        }


def recipe_name(recipe_file: Path, dataset: str | None) -> str:
    """Name a recipe after its dataset and its file, as ``msr-finetune``.

    Args:
        recipe_file: Its stem says the stage; recipes of all datasets share the names of stages.
        dataset: ``data.dataset`` of the recipe; None where it is of any.
    """
    stem = recipe_file.stem
    return stem if dataset is None or stem.startswith(dataset) else f"{dataset}-{stem}"


def run_text(job: Job) -> str:
    """The recipe, and what else a run of the same name must agree on."""
    start = f"# from: {job.start}\n" if job.start else ""
    return f"{start}# store: {job.store}\n{dump_recipe(job.recipe)}"


def load_run(run: Path, recipe: Recipe, classes: int, checkpoint: str = "last") -> Objective:
    """Return what a run trained, on the fastest device.

    Raises:
        InputError: The checkpoint is missing, damaged or of something else.
    """
    objective = build_objective(recipe, build_encoder(recipe.encoder), classes=classes)
    folder = RunFolder(run)
    load_objective(folder.last if checkpoint == "last" else folder.best, objective)
    return objective.to(device())


def read_run(run: Path, overrides: tuple[str, ...] = ()) -> tuple[Recipe, Path]:
    """Return the recipe of a run, ``eval`` changed as asked, and the store it was trained on.

    Raises:
        InputError: Not a run folder, or another section is to be changed.
    """
    for override in overrides:
        if not override.startswith("eval."):
            raise InputError(f"--set {override}: of a finished run only eval.KEY can be changed")
    path = run / "recipe.yaml"
    if not path.is_file():
        raise InputError(f"{run}: not a run folder; pcv pretrain and pcv finetune write them")
    recipe = load_recipe(path, overrides)
    lines = [line for line in path.read_text().splitlines() if line.startswith("# store: ")]
    return recipe, Path(lines[0].removeprefix("# store: ") if lines else str(recipe.store))
