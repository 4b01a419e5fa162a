"""Recipes: frozen models that forbid unknown keys, read from YAML, changed by ``--set a.b=v``."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import ValidationError, model_validator

from pcv.config.consistency import check_mixed, check_scenes, check_views, check_voted
from pcv.config.data import (
    AugmentConfig,
    DataConfig,
)
from pcv.config.encoder import (
    AnyEncoderConfig,
    P4TransformerConfig,
    PSTNetConfig,
    SerialConfig,
    SparseUNetConfig,
)
from pcv.config.objective import (
    AnyObjectiveConfig,
    ClassifyConfig,
    GaussianCrossConfig,
    PointCPSCConfig,
    PointCSPConfig,
    SceneInstancesConfig,
    SceneSegmentConfig,
    SegmentConfig,
)
from pcv.config.scoring import EvalConfig, ProbeConfig
from pcv.config.section import Config
from pcv.config.text import apply_override, explain, one_line, read_scene_names
from pcv.config.training import OptimConfig, TrainConfig
from pcv.errors import RecipeError

# Models that a key called name chooses: their tags stand in pydantic's paths, not in a recipe's.
CHOSEN: dict[str, type[Config]] = {
    "pstnet": PSTNetConfig,
    "p4transformer": P4TransformerConfig,
    "sparseunet": SparseUNetConfig,
    "pointcpsc": PointCPSCConfig,
    "classify": ClassifyConfig,
    "segment": SegmentConfig,
    "gaussiancross": GaussianCrossConfig,
    "serial": SerialConfig,
    "pointcsp": PointCSPConfig,
    "scene_segment": SceneSegmentConfig,
    "scene_instances": SceneInstancesConfig,
}
OBJECTIVES_OF = {
    "pretrain": ("pointcpsc", "pointcsp", "gaussiancross"),
    "finetune": ("classify", "segment", "scene_segment", "scene_instances"),
}


class Recipe(Config):
    """One stage of work, complete: what ``recipe.yaml`` of a run folder holds."""

    stage: Literal["pretrain", "finetune", "probe"]
    store: str | None = None  # default for --store, relative to the working folder
    data: DataConfig = DataConfig()
    augment: AugmentConfig = AugmentConfig()
    encoder: AnyEncoderConfig = PSTNetConfig()
    objective: AnyObjectiveConfig = PointCPSCConfig()
    optim: OptimConfig = OptimConfig()
    train: TrainConfig = TrainConfig()
    probe: ProbeConfig = ProbeConfig()
    eval: EvalConfig = EvalConfig()

    @model_validator(mode="after")
    def _seen_as_changed(self) -> Recipe:
        if self.data.views and self.augment.elastic.chance:
            raise ValueError(
                "augment.elastic.chance must be 0 when data.views is not: no camera bends so"
            )
        return self

    @model_validator(mode="after")
    def _consistent(self) -> Recipe:
        wanted = OBJECTIVES_OF.get(self.stage, ())
        if wanted and self.objective.name not in wanted:
            raise ValueError(
                f"objective.name must be {' or '.join(wanted)} when stage is {self.stage}"
            )
        if self.stage != "probe":
            check_scenes(self.encoder, self.objective, self.data.points)
            check_views(self.objective, self.data.views, self.data.teacher)
        if self.eval != EvalConfig():
            check_voted(self.stage, self.encoder, self.objective)
        check_mixed(self.augment.mix, self.stage, self.objective, self.data.views)
        length = getattr(self.objective, "segment_frames", 0)
        if self.stage == "probe":
            of_scenes = isinstance(self.encoder, SerialConfig | SparseUNetConfig)
            length = 0 if of_scenes else self.probe.segment_frames
        if length and self.data.frames % length:
            raise ValueError(f"data.frames ({self.data.frames}) is not a multiple of {length}")
        fewest = getattr(self.encoder, "fewest_points", 1)
        if self.data.points < fewest:
            raise ValueError(
                f"data.points ({self.data.points}) is too small: encoder {self.encoder.name} "
                f"needs {fewest}"
            )
        return self

    @model_validator(mode="after")
    def _points_labelled(self) -> Recipe:
        name = self.objective.name
        if name not in ("segment", "scene_segment"):
            return self
        if isinstance(self.encoder, P4TransformerConfig) and self.encoder.form == "action":
            raise ValueError("encoder.form must be scene when objective.name is segment")
        if self.train.label_fraction < 1 or self.train.shots:
            raise ValueError(
                f"train.label_fraction must be 1 and train.shots 0 when objective.name is {name}"
            )
        return self

    @model_validator(mode="after")
    def _points_coloured(self) -> Recipe:
        if not isinstance(self.encoder, P4TransformerConfig) or not self.encoder.colour:
            return self
        if not self.data.colour:
            raise ValueError("data.colour must be true when encoder.colour is")
        if self.augment.two_views and self.augment.drop:
            raise ValueError(
                "augment.drop must be 0 when encoder.colour and augment.two_views are true: "
                "the second view would have other points' colours"
            )
        return self


def load_recipe(path: Path, overrides: tuple[str, ...] = ()) -> Recipe:
    """Read a recipe and apply ``a.b=value`` overrides, whose values are YAML.

    Raises:
        RecipeError: Not readable, not YAML, an unknown key, a wrong type or a bad choice.
    """
    try:
        tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RecipeError(f"{path}: no such recipe") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise RecipeError(f"{path}: cannot be read as YAML: {one_line(error)}") from None
    if not isinstance(tree, dict):
        raise RecipeError(
            f"{path}: expected a mapping with a key 'stage', found {type(tree).__name__}"
        )
    for override in overrides:
        apply_override(tree, override)
    train = tree.get("train")
    if isinstance(train, dict) and isinstance(train.get("scenes"), str):
        # What a run learned from must not change with a file.
        train["scenes"] = read_scene_names(Path(train["scenes"]))
    return build_recipe(tree, str(path))


def build_recipe(tree: dict[str, Any], origin: str) -> Recipe:
    """Validate a tree of plain values; ``origin`` names it in errors."""
    try:
        return Recipe.model_validate_json(_to_json(tree))
    except ValidationError as error:
        lines = [explain(dict(item), Recipe, dict(CHOSEN)) for item in error.errors()]
        raise RecipeError(f"{origin}: {'; '.join(lines)}") from None


def dump_recipe(recipe: Recipe) -> str:
    """Write a recipe as YAML that ``load_recipe`` reads back equal."""
    return yaml.safe_dump(recipe.model_dump(mode="json"), sort_keys=False)


def same_recipe(known: str, asked: str) -> bool:
    """Tell whether two texts that ``dump_recipe`` and comments made are of one recipe.

    A key that one of them lacks has its default there: runs outlive releases.
    """
    if known == asked:
        return True
    said = [[line for line in text.splitlines() if line.startswith("#")] for text in (known, asked)]
    try:
        one, other = (build_recipe(yaml.safe_load(text), "recipe") for text in (known, asked))
    except (RecipeError, yaml.YAMLError):
        return False
    return one == other and said[0] == said[1]


def _to_json(tree: dict[str, Any]) -> str:
    import json

    try:
        return json.dumps(tree)
    except (TypeError, ValueError) as error:
        raise RecipeError(
            f"a recipe holds only numbers, text, lists and mappings: {error}"
        ) from None
