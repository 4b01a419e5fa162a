"""Statistics of batch normalisation, found anew of clips that are read as scoring reads them.

Training draws points at random, scoring takes the farthest ones: clips of another density. The
averages that training leaves belong to its own clips; those that scoring uses must be of such as
are scored. ``torch.optim.swa_utils.update_bn`` does the same, but with dropout and with whatever
else a module does in training mode.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import torch

from pcv.clip import ClipBatch
from pcv.nn.mode import evaluating
from pcv.nn.running_statistics import normalisations
from pcv.objectives import Supervised
from pcv.train.device import device_of, to_device


@torch.no_grad()
def recompute_statistics(objective: Supervised, batches: Iterable[ClipBatch]) -> int:
    """Replace all running statistics by their mean over batches, which have the same weight.

    Nothing else of the objective changes, and nothing is random: only the layers that normalise
    are in training mode.

    Args:
        objective: Its statistics are replaced; it is left in the mode that it had.
        batches: Clips of training videos; a batch has at least two.

    Returns:
        How many clips were read; 0 where no layer keeps statistics.
    """
    norms = normalisations(objective)
    momenta, clips = [norm.momentum for norm in norms], 0
    if not norms:
        return clips
    with evaluating(objective):
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None
            norm.train()
        try:
            for batch in batches:
                objective.guess(to_device(batch, device_of(objective)))
                clips += len(batch.points)
        finally:
            for norm, momentum in zip(norms, momenta, strict=True):
                norm.momentum = momentum
    return clips


@contextmanager
def kept_statistics(objective: Supervised) -> Iterator[None]:
    """Put all running statistics back at the end: training goes on with its own."""
    kept = [
        {name: value.clone() for name, value in norm.named_buffers()}
        for norm in normalisations(objective)
    ]
    try:
        yield
    finally:
        for norm, values in zip(normalisations(objective), kept, strict=True):
            for name, value in values.items():
                norm.get_buffer(name).copy_(value)
