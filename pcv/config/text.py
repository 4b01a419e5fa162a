"""Recipes as people type them: overrides and lists of names, and one-line messages for mistakes."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel

from pcv.errors import RecipeError, one_line

MOST_NAMES = 1 << 20  # largest size of a list of scenes, in bytes


def apply_override(tree: dict[str, Any], override: str) -> None:
    """Put ``a.b=value`` into a tree of plain values; the value is YAML.

    Raises:
        RecipeError: The override is not of that form, its value is not YAML, or a part of its path
            names a value instead of a section.
    """
    path, equals, text = override.partition("=")
    if not equals or not path:
        raise RecipeError(f"--set {override}: expected KEY=VALUE, for example train.seed=1")
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise RecipeError(f"--set {override}: {one_line(error)}") from None
    *parents, leaf = path.split(".")
    for key in parents:
        tree = tree.setdefault(key, {})
        if not isinstance(tree, dict):
            raise RecipeError(f"--set {override}: {key} is a value, not a section")
    tree[leaf] = value


def read_scene_names(path: Path) -> list[str]:
    """Read a list of scenes with one name per line, as ScanNet's data-efficient benchmark has it.

    Raises:
        RecipeError: The file is too large, not readable, not text, or names no scene.
    """
    what = "train.scenes takes a share, names in brackets, or a text file with one name per line"
    try:
        if path.stat().st_size > MOST_NAMES:
            raise RecipeError(f"{path}: {path.stat().st_size} bytes are too many; {what}")
        names = path.read_text(encoding="utf-8").split()
    except OSError as error:
        raise RecipeError(f"{path}: cannot be read: {error.strerror}; {what}") from None
    except ValueError:  # the file is not text, or its path holds a zero byte
        raise RecipeError(f"{str(path)[:200]!r}: not a text file; {what}") from None
    if not names:
        raise RecipeError(f"{path}: names no scene; {what}")
    return names


def explain(item: dict[str, Any], root: type[BaseModel], chosen: dict[str, type[BaseModel]]) -> str:
    """Turn one of pydantic's errors into words.

    Args:
        item: The error, as ``ValidationError.errors`` returns it.
        root: The class that was validated.
        chosen: The sections whose class the key ``name`` chooses, with that class.
    """
    location = [str(part) for part in item["loc"]]
    path = ".".join(location)
    if item["type"] == "extra_forbidden":
        known = _known_keys(location[:-1], root, chosen)
        close = difflib.get_close_matches(location[-1], known, n=1)
        hint = f", did you mean {close[0]}?" if close else ""
        return f"unknown key {path}{hint} (known: {', '.join(known)})"
    message = str(item["msg"]).removeprefix("Value error, ")
    found = f", found {item['input']!r}" if path and not isinstance(item["input"], dict) else ""
    return f"{path}: {message}{found}" if path else message


def _known_keys(
    section: list[str], root: type[BaseModel], chosen: dict[str, type[BaseModel]]
) -> list[str]:
    model: Any = root
    for key in section:
        if model is root and key in chosen:
            model = chosen[key]
        elif key in model.model_fields:
            kind = model.model_fields[key].annotation
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                model = kind
    return sorted(model.model_fields)
