"""Running statistics of batch normalisation where layers update them themselves."""

from __future__ import annotations

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm


def averaging_rate(norm: _BatchNorm) -> float:
    """Return the weight of the next batch in the running statistics, as torch has it.

    Without a momentum all batches since the last reset have the same weight.
    """
    if norm.momentum is not None:
        return norm.momentum
    assert norm.num_batches_tracked is not None
    return 1 / (int(norm.num_batches_tracked) + 1)


def normalisations(module: nn.Module) -> list[_BatchNorm]:
    """Return the layers of a module that keep running statistics."""
    found = (part for part in module.modules() if isinstance(part, _BatchNorm))
    return [norm for norm in found if norm.track_running_stats]
