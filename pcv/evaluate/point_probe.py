"""A linear classifier of points on frozen tokens."""

from __future__ import annotations

from torch import Tensor, nn

from pcv.config.scoring import ProbeConfig
from pcv.evaluate.probe import column_scale, fit_linear


class PointProbe(nn.Module):
    """Standardise tokens by the statistics of those it was fitted on, then apply a linear layer."""

    mean: Tensor  # (C,)
    deviation: Tensor  # (C,)

    def __init__(self, mean: Tensor, deviation: Tensor, layer: nn.Linear) -> None:
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("deviation", deviation)
        self.layer = layer

    @classmethod
    def fit(
        cls,
        tokens: Tensor,  # (n, C)
        label: Tensor,  # (n,) int64
        config: ProbeConfig,
        *,
        classes: int,
        seed: int,
    ) -> PointProbe:
        """Fit on labelled points, which all have the same weight."""
        mean, deviation = column_scale(tokens)
        layer = fit_linear((tokens - mean) / deviation, label, config, classes=classes, seed=seed)
        return cls(mean, deviation, layer)

    def forward(self, tokens: Tensor) -> Tensor:  # (..., C) -> (..., classes)
        return self.layer((tokens.float() - self.mean) / self.deviation)
