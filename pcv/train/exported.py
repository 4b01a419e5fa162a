"""Exported models: ``config.json`` and ``model.safetensors``, as model hubs keep them.

The weights hold a checksum of themselves in their metadata, which is compared where it is there:
older exports have none, nor do files that another program saved.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Literal, NamedTuple

import torch
from pydantic import Field, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from pcv.config.recipe import Recipe, build_recipe
from pcv.config.section import Config, Count, Positive
from pcv.errors import CheckpointError, one_line

CONFIG, WEIGHTS = "config.json", "model.safetensors"
CHECKSUM = "sha256"  # key of the weights' metadata
COPY_AGAIN = "copy it again, or write it again"
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


def write_weights(path: Path, weights: dict[str, Tensor]) -> None:
    """Write weights (...) by name, with a checksum of them."""
    found = {"format": "pt", CHECKSUM: tensors_checksum(weights)}
    save_file(weights, path, metadata=found)


def read_tensors(path: Path, checksum: str | None = None) -> dict[str, Tensor]:  # (...) by name
    """Read a safetensors file; no other kind of file, least of all pickled weights, is ever loaded.

    Args:
        path: The file.
        checksum: The SHA-256 that it must have; None: any.

    Raises:
        CheckpointError: The file is damaged, missing or of another kind.
    """
    try:
        if checksum is not None and file_checksum(path) != checksum:
            raise CheckpointError(f"{path}: damaged: its checksum is wrong; {COPY_AGAIN}")
        with safe_open(path, "pt") as file:
            said = (file.metadata() or {}).get(CHECKSUM)
        found = load_file(path)
    except (OSError, SafetensorError, ValueError, RuntimeError) as error:
        reason = one_line(error)
        raise CheckpointError(f"{path}: damaged or missing: {reason}") from None
    if said is not None and said != tensors_checksum(found):
        raise CheckpointError(
            f"{path}: damaged: the checksum of its weights is wrong; {COPY_AGAIN}"
        )
    return found


def file_checksum(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def tensors_checksum(tensors: dict[str, Tensor]) -> str:
    """Return the SHA-256 of the names, types, shapes and values of tensors (...) by name."""
    digest = hashlib.sha256()
    for name, value in sorted(tensors.items()):
        digest.update(f"{name} {value.dtype} {tuple(value.shape)}\n".encode())
        flat = value.detach().cpu().contiguous().reshape(-1)
        digest.update(flat.view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
