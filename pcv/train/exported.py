"""An exported model: ``config.json`` and ``model.safetensors``, as a model hub keeps them."""

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
MOST_BYTES = 1 << 24  # of a configuration
ExportedTask = Literal["classify", "segment", "instances", "encode"]
EXPORTED: dict[str, ExportedTask] = {  # what ``config.json`` calls the tasks of objectives
    "videos": "classify", "points": "segment", "rooms": "segment", "objects": "instances",
}  # fmt: skip


class StorageConfig(Config):
    """How the store that a model was trained on keeps its points."""

    points: Count
    dtype: Literal["int16", "float32"]
    step: Positive | None  # metres; None: float32


class ModelConfig(Config):
    """``config.json``: all that is needed to rebuild a model and to feed it recordings."""

    model_type: Literal["pcv"] = "pcv"
    format: Literal[1] = 1
    pcv_version: str
    task: ExportedTask
    dataset: str
    class_names: tuple[str, ...]
    axes: str = ""  # what x, y and z point to
    storage: StorageConfig | None = None  # None: the store is not known
    scenes: bool = False  # trained on regions of scenes, not on recordings
    reader: dict[str, str | int | float] = Field({})  # options its recordings were read with
    recipe: dict[str, Any]  # of the run


class Exported(NamedTuple):
    """What an exported folder holds."""

    config: ModelConfig
    recipe: Recipe
    weights: dict[str, Tensor]


def is_exported(path: Path) -> bool:
    """Say whether a folder is an exported model, or was meant to be one."""
    return (path / CONFIG).exists() or (path / WEIGHTS).exists()


def read_exported(path: Path) -> Exported:
    """Read an exported folder.

    Raises:
        CheckpointError: A file is missing, damaged or not of pcv.
        RecipeError: The recipe in it has an unknown key, a wrong type or a bad choice.
    """
    config = _read_config(path / CONFIG)
    recipe = build_recipe(config.recipe, f"{path / CONFIG}: recipe")
    return Exported(config, recipe, read_tensors(path / WEIGHTS))


def _read_config(path: Path) -> ModelConfig:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise CheckpointError(f"{path}: {path.stat().st_size} bytes is no configuration")
        return ModelConfig.model_validate_json(path.read_bytes())
    except OSError as error:
        raise CheckpointError(
            f"{path}: {error.strerror}; pcv export writes it beside {WEIGHTS}"
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


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Read a safetensors file; nothing else, pickled weights above all, is ever loaded.

    Raises:
        CheckpointError: It is damaged, missing or of another kind.
    """
    try:
        return load_file(path)
    except (OSError, SafetensorError, ValueError) as error:
        reason = one_line(error)
        raise CheckpointError(f"{path}: damaged or missing: {reason}") from None
