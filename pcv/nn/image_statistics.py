"""A frozen 2D teacher that needs no weights: statistics of the colours around each position."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

ORIENTATIONS = 8
SIZES = (1, 2)  # histograms per cell: over the cell itself, and over the 3 x 3 cells around it
CHANNELS = 6 + ORIENTATIONS * len(SIZES)


def image_statistics(colour: Tensor, cell: int) -> Tensor:
    """Describe squares of an image by hand-made numbers, none of which was trained.

    They are the mean lightness and two mean colour differences, measured from grey; the standard
    deviations of these; and histograms of the orientations of the lightness gradient over one cell
    and over the 3 x 3 cells around it, minus an even histogram. They tell colours and textures
    apart, not objects.

    Args:
        colour: (V, H, W, 3), 0 to 1.
        cell: Pixels per side of a square.

    Returns:
        (V, H / cell, W / cell, CHANNELS), rounded up; without a gradient.
    """
    with torch.no_grad(), torch.autocast(colour.device.type, enabled=False):
        red, green, blue = colour.float().movedim(-1, 0)
        light = (red + green + blue) / 3
        opponent = torch.stack([light - 0.5, red - green, blue - (red + green) / 2], 1)
        mean = _pool(opponent, cell)
        deviation = (_pool(opponent**2, cell) - mean**2).clamp(min=0).sqrt()
        gradient = _orientations(light[:, None])
        parts = [2 * mean, 4 * deviation - 0.25]
        for size in SIZES:
            counts = _pool(gradient, cell)
            if size > 1:
                counts = F.avg_pool2d(counts, 3, 1, 1, count_include_pad=False)
            share = counts / (counts.sum(1, keepdim=True) + 0.02)
            parts.append(share - 1 / ORIENTATIONS)
        return torch.cat(parts, 1).movedim(1, -1)


def _pool(image: Tensor, cell: int) -> Tensor:
    return F.avg_pool2d(image, cell, ceil_mode=True)


def _orientations(light: Tensor) -> Tensor:  # (V, 1, H, W) -> (V, ORIENTATIONS, H, W)
    """Share the gradient's length between the two nearest orientations."""
    padded = F.pad(light, (1, 1, 1, 1), mode="replicate")
    across = (padded[:, :, 1:-1, 2:] - padded[:, :, 1:-1, :-2]) / 2
    down = (padded[:, :, 2:, 1:-1] - padded[:, :, :-2, 1:-1]) / 2
    length = torch.sqrt(across**2 + down**2)
    angle = torch.atan2(down, across) % torch.pi * (ORIENTATIONS / torch.pi)
    bins = torch.arange(ORIENTATIONS, device=light.device).reshape(1, -1, 1, 1)
    away = (angle - bins).abs()
    away = torch.minimum(away, ORIENTATIONS - away)
    return length * (1 - away).clamp(min=0)
