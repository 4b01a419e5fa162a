"""Small multilayer perceptrons on top of encoders."""

from __future__ import annotations

from torch import Tensor, nn


class RowNorm(nn.BatchNorm1d):
    """Batch normalisation over every axis but the last."""

    def forward(self, input: Tensor) -> Tensor:  # (..., C) -> (..., C)
        return super().forward(input.reshape(-1, input.shape[-1])).reshape(input.shape)


def predictor(channels: int, hidden: tuple[int, ...], channels_out: int) -> nn.Sequential:
    """Build linear layers with batch normalisation and ReLU between; only the last has a bias."""
    layers: list[nn.Module] = []
    for width in hidden:
        layers += [nn.Linear(channels, width, bias=False), RowNorm(width), nn.ReLU()]
        channels = width
    return nn.Sequential(*layers, nn.Linear(channels, channels_out))


def classifier(channels: int, hidden: int, classes: int, dropout: float) -> nn.Sequential:
    """Build two linear layers with a batch normalisation between; one layer if ``hidden`` is 0."""
    if not hidden:
        return nn.Sequential(nn.Dropout(dropout), nn.Linear(channels, classes))
    return nn.Sequential(
        nn.Linear(channels, hidden),
        nn.BatchNorm1d(hidden),
        nn.ReLU(),
        nn.Dropout(dropout),
        nn.Linear(hidden, classes),
    )
