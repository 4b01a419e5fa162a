"""Exported models: ``config.json`` and ``model.safetensors``, as model hubs keep them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, NamedTuple

from pydantic import Field, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from pcv.config.recipe import Recipe, build_recipe
from pcv.config.section import Config, Count, Positive
from pcv.errors import CheckpointError, one_line

CONFIG, WEIGHTS = "config.json", "model.safetensors"
MOST_BYTES = 1 << 24  # the largest configuration that is read
ExportedTask = Literal["classify", "segment", "instances", "encode"]
EXPORTED: dict[str, ExportedTask] = {  # what ``config.json`` calls the tasks of objectives
    "videos": "classify", "points": "segment", "rooms": "segment", "objects": "instances",
}  # fmt: skip


class StorageConfig(Config):
    """How the store that a model was trained on keeps its points."""

    points: Count  # per frame
    dtype: Literal["int16", "float32"]
    step: Positive | None  # metres between two integers; None: points are float32


class ModelConfig(Config):
    """``config.json``: everything needed to rebuild a model and to feed it recordings."""

    model_type: Literal["pcv"] = "pcv"
    format: Literal[1] = 1
    pcv_version: str
    task: ExportedTask
    dataset: str
    class_names: tuple[str, ...]
    axes: str = ""  # where x, y and z point
    storage: StorageConfig | None = None  # None: the store is not known
    scenes: bool = False  # whether it was trained on regions of scenes, not on recordings
    reader: dict[str, str | int | float] = Field({})  # options with which recordings were read
    recipe: dict[str, Any]  # the run's recipe


class Exported(NamedTuple):
    """The contents of an exported folder."""

    config: ModelConfig
    recipe: Recipe
    weights: dict[str, Tensor]  # (...) by name


def is_exported(path: Path) -> bool:
    """Say whether a folder holds an exported model or at least one of its files."""
    return (path / CONFIG).exists() or (path / WEIGHTS).exists()


def read_exported(path: Path) -> Exported:
    """Read an exported folder.

    Raises:
        CheckpointError: A file is missing or damaged, or pcv did not write it.
        RecipeError: The recipe in it has an unknown key, a wrong type or a bad choice.
    """
    config = _read_config(path / CONFIG)
    recipe = build_recipe(config.recipe, f"{path / CONFIG}: recipe")
    return Exported(config, recipe, read_tensors(path / WEIGHTS))


def _read_config(path: Path) -> ModelConfig:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise CheckpointError(
                f"{path}: a file of {path.stat().st_size} bytes is no configuration"
            )
        return ModelConfig.model_validate_json(path.read_bytes())
    except OSError as error:
        raise CheckpointError(
            f"{path}: {error.strerror}; pcv export writes it next to {WEIGHTS}"
        ) from None
    except ValidationError as error:
        raise CheckpointError(f"{path}: {_explain(error)}") from None


def _explain(error: ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        known = ", ".join(sorted(ModelConfig.model_fields))
        return f"unknown key {where} (known: {known}); was it written by another version of pcv?"
    message = " ".join(str(first["msg"]).split())
    return f"{where}: {message}; pcv export writes it" if where else f"damaged: {message}"


def read_tensors(path: Path) -> dict[str, Tensor]:  # (...) by name
    """Read a safetensors file; no other kind of file, least of all pickled weights, is ever loaded.

    Raises:
        CheckpointError: The file is damaged, missing or of another kind.
    """
    try:
        return load_file(path)
    except (OSError, SafetensorError, ValueError) as error:
        reason = one_line(error)
        raise CheckpointError(f"{path}: damaged or missing: {reason}") from None
