"""Weights of a pretrained run, as another run begins from them."""

from __future__ import annotations

from pathlib import Path

import torch

from pcv.config.recipe import Recipe
from pcv.errors import CheckpointError
from pcv.train.checkpoint import load_encoder


def starting_weights(start: Path, recipe: Recipe) -> dict[str, torch.Tensor]:
    """Encoder weights of a pretrained run that fit a recipe, whatever its store, unit and points.

    The radius, the neighbours, strides and the padding may differ (the paper finetunes at another
    radius); what the weights are of may not.

    Raises:
        CheckpointError: No checkpoint, or another encoder, width, form or input channels.
    """
    config, weights = load_encoder(start)
    fields = type(recipe.encoder).model_fields
    wanted = recipe.encoder.model_dump(mode="json")
    # Weights mean something else where one of these differs, even where their shapes agree.
    for key in ("name", *recipe.encoder.meaning):
        default = fields[key].default if key in fields else None
        found = _said(config.get(key, default))  # a run older than the key had its default
        if found != _said(wanted.get(key)):
            raise CheckpointError(
                f"{start}: its encoder has {key} {found}, the recipe {_said(wanted.get(key))}; "
                f"use --set encoder.{key}={'null' if found == 'None' else found}"
            )
    return weights


def _said(value: object) -> str:
    return f"[{','.join(map(str, value))}]" if isinstance(value, list | tuple) else str(value)
