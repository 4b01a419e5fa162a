"""Frozen 2D models of the package transformers as teachers: the only file that imports it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from pcv.errors import InputError, PcvError, one_line

ImageTeacher = Callable[[Tensor], Tensor]  # (V, H, W, 3) from 0 to 1 -> (V, h, w, D)


def load_image_teacher(weights: Path, device: torch.device) -> ImageTeacher:
    """Open a RADIO, DINOv2 or CLIP image model from a local folder; nothing is downloaded.

    Weights are read from safetensors only, and no code in the folder is run. Images are resized to
    the nearest multiple of the model's patch size.

    Args:
        weights: Folder with ``config.json`` and ``model.safetensors``.
        device: The device on which the model runs.

    Returns:
        A function from images (V, H, W, 3), 0 to 1, to the features (V, h, w, D) of their patches.

    Raises:
        PcvError: transformers is missing.
        InputError: The folder holds no such model.
    """
    try:
        import transformers
    except ImportError:
        raise PcvError("pcv teach needs transformers: pip install 'pcv[teach]'") from None
    try:
        model = transformers.AutoModel.from_pretrained(
            str(weights), local_files_only=True, use_safetensors=True, trust_remote_code=False
        )
    except (OSError, ValueError, KeyError) as error:
        text = one_line(error, 200)
        raise InputError(
            f"{weights}: transformers finds no model in safetensors here: {text}"
        ) from None
    model = getattr(model, "vision_model", model).eval().to(device)
    patch = _patch(model, weights)
    mean, deviation = _statistics(weights, device)

    @torch.no_grad()
    def teach(colour: Tensor) -> Tensor:
        image = colour.to(device).movedim(-1, 1)
        rows, columns = (max(1, round(length / patch)) for length in image.shape[2:])
        size = (rows * patch, columns * patch)
        image = F.interpolate(image, size, mode="bilinear", antialias=True, align_corners=False)
        found = _features(model, (image - mean) / deviation)
        if found.shape[1] < rows * columns:
            raise InputError(
                f"{weights}: the model gives {found.shape[1]} tokens for {rows} x {columns} patches"
            )
        # Tokens that stand for the whole image come before those of the patches.
        return found[:, -rows * columns :].unflatten(1, (rows, columns)).float().cpu()

    return teach


def _features(model: Any, image: Tensor) -> Tensor:  # noqa: ANN401 - a model of transformers
    """Return tokens (V, n, D)."""
    try:
        found = model(pixel_values=image, interpolate_pos_encoding=True)
    except TypeError:
        found = model(pixel_values=image)
    tokens = getattr(found, "features", None)
    if tokens is None:
        tokens = found.last_hidden_state
    return tokens.flatten(2).transpose(1, 2) if tokens.ndim == 4 else tokens


def _patch(model: Any, weights: Path) -> int:  # noqa: ANN401
    size = getattr(model.config, "patch_size", None)
    size = size[0] if isinstance(size, list | tuple) else size
    if not isinstance(size, int) or size < 1:
        raise InputError(
            f"{weights}: config.json names no patch_size, so this is no image model of patches"
        )
    return size


def _statistics(weights: Path, device: torch.device) -> tuple[Tensor, Tensor]:
    """Return the mean and deviation of the model's own preprocessor; 0 and 1 if it has none."""
    try:
        found = json.loads((weights / "preprocessor_config.json").read_text())
    except (OSError, ValueError):
        found = {}
    values = (found.get("image_mean"), found.get("image_std"))
    if not found.get("do_normalize", True) or None in values:
        values = ([0.0] * 3, [1.0] * 3)
    mean, deviation = (torch.tensor(v, device=device).reshape(1, 3, 1, 1) for v in values)
    return mean, deviation
