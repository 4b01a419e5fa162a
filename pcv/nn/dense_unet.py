"""A dense three-dimensional CNN, U-shaped if it is given more than one width."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class DenseUNet(nn.Module):
    """Two convolutions per level, with skip connections.

    Maximum pooling halves the resolution of each level, and nearest interpolation restores it.

    Args:
        channels_in: Input channels of a cell.
        widths: Channels of the levels, finest first. One width makes two convolutions without
            pooling.
        channels_out: Output channels of a cell.
    """

    def __init__(self, channels_in: int, widths: tuple[int, ...], channels_out: int) -> None:
        super().__init__()
        before = (channels_in, *widths)
        self.down = nn.ModuleList(_convolutions(a, b) for a, b in zip(before, widths, strict=False))
        self.up = nn.ModuleList(
            _convolutions(a + b, b) for a, b in zip(widths[:0:-1], widths[-2::-1], strict=True)
        )
        self.out = nn.Conv3d(widths[0], channels_out, 1)

    def forward(self, dense: Tensor) -> Tensor:  # (B, C, X, Y, Z) -> (B, D, X, Y, Z)
        skips: list[Tensor] = []
        for level, layer in enumerate(self.down):
            dense = layer(F.max_pool3d(dense, 2, ceil_mode=True) if level else dense)
            skips.append(dense)
        dense = skips.pop()
        for layer in self.up:
            skip = skips.pop()
            dense = F.interpolate(dense, skip.shape[2:], mode="nearest")
            dense = layer(torch.cat([dense, skip], 1))
        found: Tensor = self.out(dense)
        return found


def _convolutions(channels_in: int, channels_out: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for before in (channels_in, channels_out):
        layers += [
            nn.Conv3d(before, channels_out, 3, padding=1, bias=False),
            nn.BatchNorm3d(channels_out),
            nn.ReLU(),
        ]
    return nn.Sequential(*layers)
