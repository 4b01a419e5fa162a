"""The device on which work runs, and how values get there."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from pcv.clip import ClipBatch, Views


def device() -> torch.device:
    """Return CUDA where there is a CUDA device, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def device_of(module: nn.Module) -> torch.device:
    """Return the device of a module's first parameter; the CPU if it has none."""
    parameter = next(module.parameters(), None)
    return torch.device("cpu") if parameter is None else parameter.device


def to_device(batch: ClipBatch, device: torch.device) -> ClipBatch:
    """Move every tensor of a batch to a device."""
    there: dict[str, Any] = {
        name: part.to(device, non_blocking=True)
        for name, part in batch._asdict().items()
        if isinstance(part, Tensor)
    }
    if batch.views is not None:
        there["views"] = Views(
            **{
                name: part.to(device, non_blocking=True)
                for name, part in batch.views._asdict().items()
                if part is not None
            }
        )
    return ClipBatch(**there)
