"""Batch drift: how much the other scenes of a batch change the tokens of a scene."""

from __future__ import annotations

import torch
from torch import Tensor

from pcv.clip import Regions
from pcv.encoders import RowEncoder
from pcv.nn.mode import evaluating


@torch.no_grad()
def batch_drift(encoder: RowEncoder, regions: Regions) -> Tensor:  # ()
    """Return ``|cross - single| / |cross|`` over all tokens; at 0 other scenes do not matter.

    With the encoder in eval mode, so that it is a function of weights and regions alone.
    """
    with evaluating(encoder):
        cross, single = (encoder.encode(regions, mode).float() for mode in ("cross", "single"))
    return (cross - single).norm() / cross.norm().clamp(min=1e-12)


class DriftMonitor(torch.nn.Module):
    """The batch drift, measured every ``every`` steps and remembered in between."""

    value: Tensor  # () the last measurement
    steps: Tensor  # () int64, number of calls so far

    def __init__(self, every: int) -> None:
        super().__init__()
        self.every = every
        self.register_buffer("value", torch.zeros(()))
        self.register_buffer("steps", torch.zeros((), dtype=torch.int64))

    def forward(self, encoder: RowEncoder, regions: Regions) -> Tensor:  # ()
        """Count a step, measure if it is time to, and return the last measurement."""
        if int(self.steps) % self.every == 0:
            self.value.copy_(batch_drift(encoder, regions))
        self.steps += 1
        return self.value.clone()
