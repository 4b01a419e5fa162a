"""Frozen 2D models of transformers as teachers: the only file that imports it."""

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

    Weights are read from safetensors alone, and no code of the folder is run. Images are resized
    to the nearest multiple of the model's patch; the features are those of its patches.

    Args:
        weights: Folder with ``config.json`` and ``model.safetensors``.
        device: Where it runs.

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
        raise InputError(f"{weights}: no model of transformers in safetensors: {text}") from None
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
            raise InputError(f"{weights}: {found.shape[1]} tokens for {rows} x {columns} patches")
        # Whatever stands for the whole image comes before the patches.
        return found[:, -rows * columns :].unflatten(1, (rows, columns)).float().cpu()

    return teach


def _features(model: Any, image: Tensor) -> Tensor:  # noqa: ANN401 - a model of transformers
    """Tokens (V, n, D)."""
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
        raise InputError(f"{weights}: its config.json names no patch_size: not an image model")
    return size


def _statistics(weights: Path, device: torch.device) -> tuple[Tensor, Tensor]:
    """Mean and deviation that the model's own preprocessor normalises by; none: 0 and 1."""
    try:
        found = json.loads((weights / "preprocessor_config.json").read_text())
    except (OSError, ValueError):
        found = {}
    values = (found.get("image_mean"), found.get("image_std"))
    if not found.get("do_normalize", True) or None in values:
        values = ([0.0] * 3, [1.0] * 3)
    mean, deviation = (torch.tensor(v, device=device).reshape(1, 3, 1, 1) for v in values)
    return mean, deviation
