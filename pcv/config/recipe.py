"""Recipes: frozen models without unknown keys, read from YAML and changed by ``--set a.b=v``."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ValidationError, model_validator

from pcv.config.chosen import Chosen
from pcv.config.consistency import (
    check_encoder_serves,
    check_frames,
    check_mixed,
    check_stage,
    check_voted,
)
from pcv.config.data import AugmentConfig, DataConfig
from pcv.config.encoder import PSTNetConfig
from pcv.config.objective import POINTWISE
from pcv.config.plain_yaml import KINDS, read_plain_yaml
from pcv.config.pretexts import PointCPSCConfig
from pcv.config.registry import AnyEncoderConfig, AnyObjectiveConfig
from pcv.config.scoring import EvalConfig, ProbeConfig
from pcv.config.section import Config
from pcv.config.text import apply_override, explain, read_recipe_file, read_scene_names
from pcv.config.training import OptimConfig, TrainConfig
from pcv.errors import RecipeError, one_line

MOST_MISTAKES = 5  # of a recipe that are told at once


class Recipe(Config):
    """All settings of one stage of work, as ``recipe.yaml`` of a run folder holds them."""

    stage: Literal["pretrain", "finetune", "probe"]
    # The clip store, relative to the working folder, where --store does not name one. None: there
    # is no default.
    store: str | None = None
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
                "augment.elastic.chance must be 0 when data.views is positive: "
                "camera poses cannot be elastically deformed"
            )
        return self

    @model_validator(mode="after")
    def _consistent(self) -> Recipe:
        encoder, objective = self.encoder, self.objective
        check_stage(self.stage, objective)
        if self.stage != "probe":
            check_encoder_serves(encoder, objective, self.data.points)
            objective.check_views(self.data.views, self.data.teacher)
        if self.eval != EvalConfig():
            check_voted(self.stage, encoder, objective, self.eval)
        check_mixed(self.augment.mix, self.stage, objective, self.data.views)
        length = self.segment_length
        if self.data.frames % length:
            raise ValueError(
                f"data.frames ({self.data.frames}) is not a multiple of the {length} frames that "
                "are encoded together"
            )
        check_frames(self.stage, encoder, objective, self.data.frames, length)
        if self.data.points < encoder.fewest_points:
            raise ValueError(
                f"data.points ({self.data.points}) is too small: encoder {encoder.name} "
                f"needs at least {encoder.fewest_points}"
            )
        return self

    @model_validator(mode="after")
    def _points_labelled(self) -> Recipe:
        if self.objective.task not in ("points", "rooms"):
            return self
        if self.objective.task == "points":
            self.encoder.check_decoder()
        if self.train.label_fraction < 1 or self.train.shots:
            raise ValueError(
                f"train.label_fraction must be 1 and train.shots 0 when objective.name is "
                f"{self.objective.name}"
            )
        return self

    @model_validator(mode="after")
    def _encoder_agrees(self) -> Recipe:
        self.encoder.check_recipe(self)
        return self

    @property
    def segment_length(self) -> int:
        """The number of frames that are encoded together."""
        frames = self.data.frames
        if self.stage != "probe":
            return self.objective.segment_length(frames)
        return frames if self.encoder.scenes else self.probe.segment_frames or frames

    @property
    def labels_points(self) -> bool:
        """Whether points, not videos, have the labels."""
        return self.encoder.scenes or self.objective.task in POINTWISE


def load_recipe(path: Path, overrides: tuple[str, ...] = ()) -> Recipe:
    """Read a recipe and apply ``a.b=value`` overrides, whose values are YAML.

    Raises:
        RecipeError: The file is not readable or not YAML, or the recipe has an unknown key, a
            wrong type, or values that do not fit together.
    """
    tree = read_recipe_file(path)
    for override in overrides:
        apply_override(tree, override)
    train = tree.get("train")
    if isinstance(train, dict) and isinstance(train.get("scenes"), str):
        # The names themselves are kept: what a run learned from must not change with the file.
        train["scenes"] = read_scene_names(Path(train["scenes"]))
    return build_recipe(tree, one_line(path))


def build_recipe(tree: dict[str, Any], origin: str) -> Recipe:
    """Validate a tree of plain values.

    Args:
        tree: The sections and keys of the recipe.
        origin: What the message calls the recipe.

    Raises:
        RecipeError: It has an unknown key, a wrong type, or values that do not fit together.
    """
    try:
        return Recipe.model_validate_json(_to_json(tree))
    except ValidationError as error:
        found, chosen = error.errors(), _chosen(tree)
        lines = [explain(dict(item), Recipe, chosen) for item in found[:MOST_MISTAKES]]
        if len(found) > MOST_MISTAKES:
            lines.append(f"and {len(found) - MOST_MISTAKES} more mistakes")
        raise RecipeError(f"{origin}: {one_line('; '.join(lines))}") from None


def _chosen(tree: Any) -> dict[str, type[BaseModel]]:  # noqa: ANN401 - what a file held
    """Return the sections whose ``name`` chooses a class, with the class that it chooses."""
    found: dict[str, type[BaseModel]] = {}
    if not isinstance(tree, dict):
        return found
    for key, field in Recipe.model_fields.items():
        for mark in field.metadata:
            if isinstance(mark, Chosen) and (model := mark.model(tree.get(key, {}))):
                found[key] = model
    return found


def dump_recipe(recipe: Recipe) -> str:
    """Write a recipe as YAML that ``load_recipe`` reads back equal."""
    return yaml.safe_dump(recipe.model_dump(mode="json"), sort_keys=False)


def same_recipe(known: str, asked: str) -> bool:
    """Tell whether two texts of ``dump_recipe`` mean the same recipe.

    A key that one of them lacks has its default there, since a run may be older than the key.
    """
    if known == asked:
        return True
    try:
        one, other = (build_recipe(read_plain_yaml(text), "recipe") for text in (known, asked))
    except (RecipeError, yaml.YAMLError):
        return False
    return one == other


def _to_json(tree: dict[str, Any]) -> str:
    import json

    try:
        return json.dumps(tree)
    except (TypeError, ValueError, RecursionError) as error:
        raise RecipeError(f"{KINDS}: {one_line(error)}") from None
