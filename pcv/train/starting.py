"""Reading the weights of a pretrained run from which another run begins."""

from __future__ import annotations

from pathlib import Path

import torch

from pcv.config.recipe import Recipe
from pcv.errors import CheckpointError
from pcv.train.checkpoint import load_encoder


def starting_weights(start: Path, recipe: Recipe) -> dict[str, torch.Tensor]:  # (...) by name
    """Return the encoder weights of a pretrained run, whose encoder must fit a recipe.

    Store, unit and points may differ, and so may radius, neighbours, strides and padding (the paper
    finetunes with another radius). Keys that change the meaning of the weights may not.

    Raises:
        CheckpointError: There is no checkpoint, or its encoder, width, form or input channels
            differ.
    """
    config, weights = load_encoder(start)
    fields = type(recipe.encoder).model_fields
    wanted = recipe.encoder.model_dump(mode="json")
    # Weights mean something else where one of these differs, even where their shapes agree.
    for key in ("name", *recipe.encoder.meaning):
        default = fields[key].default if key in fields else None
        found = _said(config.get(key, default))  # a run older than the key used its default
        if found != _said(wanted.get(key)):
            raise CheckpointError(
                f"{start}: its encoder has {key} {found}, the recipe has {_said(wanted.get(key))}; "
                f"use --set encoder.{key}={'null' if found == 'None' else found}"
            )
    return weights


def _said(value: object) -> str:
    return f"[{','.join(map(str, value))}]" if isinstance(value, list | tuple) else str(value)
