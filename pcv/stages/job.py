"""The inputs of a run: its recipe, store and output folder, and where its weights come from."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from pcv.config.recipe import Recipe, dump_recipe, load_recipe
from pcv.data.store.checksum import fingerprint
from pcv.data.store.store import Store, read_attributes
from pcv.errors import InputError, RecipeError, StoreError
from pcv.train.run import RunFolder, RunInputs, RunResult


class Job(NamedTuple):
    """One run of one stage."""

    recipe: Recipe
    name: str  # of the recipe, as ``recipe_name`` returns it
    store: Path
    out: Path
    start: Path | None = None  # the folder of a pretrained run; None: random weights

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
        """Read a recipe, and fill in the defaults of what is None.

        Args:
            recipe_file: The YAML file.
            stage: The stage that the recipe must be for.
            store: The clip store; None: the one that the recipe names.
            out: The run folder; None: ``runs/DATASET-STAGE...-seedN``.
            overrides: ``a.b=value``: changes of the recipe.
            start: The folder of a pretrained run; None: random weights.

        Raises:
            RecipeError: The recipe is bad or of another stage.
            InputError: Neither the arguments nor the recipe name a store.
        """
        recipe = load_recipe(recipe_file, overrides)
        if recipe.stage != stage:
            raise RecipeError(
                f"{recipe_file}: a recipe for pcv {recipe.stage}, not for pcv {stage}"
            )
        if store is None and recipe.store is None:
            raise InputError(
                f"{recipe_file}: names no store; give --store DIR (pcv prepare writes one)"
            )
        name = recipe_name(recipe_file, recipe.data.dataset)
        return cls(
            recipe=recipe,
            name=name,
            store=store or Path(str(recipe.store)),
            out=out or Path("runs") / f"{name}-seed{recipe.train.seed}",
            start=start,
        )

    def claim(self, *, resume: bool) -> RunResult | None:
        """Claim the run folder, or return the result that it already holds.

        See ``RunFolder.open``.

        Raises:
            InputError: As there; or a path cannot be written down, since it is not UTF-8.
        """
        for told in (self.name, self.store, self.start or "", self.out):
            try:
                str(told).encode()
            except UnicodeEncodeError:
                raise InputError(
                    f"{told}: a name with bytes that are not UTF-8 cannot be noted in the files of "
                    "a run; rename it"
                ) from None
        start = str(self.start) if self.start else None
        try:
            content = fingerprint(read_attributes(self.store))
        except StoreError:  # a finished run needs no store; another one says what is wrong with it
            content = None
        inputs = RunInputs(store=str(self.store), content=content, start=start)
        return RunFolder(self.out).open(dump_recipe(self.recipe), inputs, resume=resume)

    def described(self, store: Store) -> dict[str, Any]:
        """Return the fields of ``RunResult`` that describe the run, whatever its stage."""
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
    """Name a recipe after its dataset and its file, such as ``msr-finetune``.

    Args:
        recipe_file: The file, whose stem is that of recipes of other datasets too.
        dataset: ``data.dataset`` of the recipe; None: the recipe is for any dataset.
    """
    stem = recipe_file.stem
    return stem if dataset is None or stem.startswith(dataset) else f"{dataset}-{stem}"
