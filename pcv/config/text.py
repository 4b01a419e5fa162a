"""Recipes as people type them: overrides and lists of names, and one-line messages for mistakes."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel

from pcv.config.plain_yaml import MOST_BYTES, MOST_DEPTH, read_plain_yaml
from pcv.errors import RecipeError, one_line
from pcv.regular_file import read_regular

MOST_NAMES = 1 << 20  # largest size of a list of scenes, in bytes
MOST_SHOWN = 80  # characters of a value that are shown


def read_recipe_file(path: Path) -> dict[str, Any]:
    """Read the sections and keys of a recipe as plain values.

    Raises:
        RecipeError: The file is missing, not readable, not a file, not YAML, or not a mapping.
    """
    shown = one_line(path)
    try:
        tree = read_plain_yaml(read_regular(path, MOST_BYTES).decode("utf-8"))
    except FileNotFoundError:
        raise RecipeError(f"{shown}: no such recipe") from None
    except OSError as error:
        raise RecipeError(f"{shown}: cannot be read: {error.strerror}; give a YAML file") from None
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise RecipeError(f"{shown}: cannot be read as YAML: {one_line(error)}") from None
    if not isinstance(tree, dict):
        raise RecipeError(
            f"{shown}: expected a mapping with a key 'stage', found {type(tree).__name__}"
        )
    return tree


def apply_override(tree: dict[str, Any], override: str) -> None:
    """Put ``a.b=value`` into a tree of plain values; the value is YAML.

    Raises:
        RecipeError: The override is not of that form, its value is not YAML, or a part of its path
            names a value instead of a section.
    """
    path, equals, text = override.partition("=")
    told = f"--set {one_line(override, MOST_SHOWN)}"
    if not equals or not path:
        raise RecipeError(f"{told}: expected KEY=VALUE, for example train.seed=1")
    try:
        value = read_plain_yaml(text)
    except yaml.YAMLError as error:
        raise RecipeError(f"{told}: {one_line(error)}") from None
    *parents, leaf = path.split(".")
    if len(parents) > MOST_DEPTH:
        raise RecipeError(f"{told}: {len(parents)} sections in one another; recipes have 3 at most")
    for key in parents:
        tree = tree.setdefault(key, {})
        if not isinstance(tree, dict):
            raise RecipeError(f"{told}: {one_line(key, MOST_SHOWN)} is a value, not a section")
    tree[leaf] = value


def read_scene_names(path: Path) -> list[str]:
    """Read a list of scenes with one name per line, as ScanNet's data-efficient benchmark has it.

    Raises:
        RecipeError: The file is too large, not readable, not a file, not text, or names no scene.
    """
    what = "train.scenes takes a share, names in brackets, or a text file with one name per line"
    shown = one_line(path, 200)
    try:
        names = read_regular(path, MOST_NAMES).decode("utf-8").split()
    except OSError as error:
        raise RecipeError(f"{shown}: cannot be read: {error.strerror}; {what}") from None
    except UnicodeError:
        raise RecipeError(f"{shown}: not a text file; {what}") from None
    if not names:
        raise RecipeError(f"{shown}: names no scene; {what}")
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
        close = difflib.get_close_matches(location[-1][:MOST_SHOWN], known, n=1)
        hint = f", did you mean {close[0]}?" if close else ""
        return f"unknown key {path[:MOST_SHOWN]}{hint} (known: {', '.join(known)})"
    message = str(item["msg"]).removeprefix("Value error, ")
    shown = one_line(repr(item["input"]), MOST_SHOWN)
    found = f", found {shown}" if path and not isinstance(item["input"], dict) else ""
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
