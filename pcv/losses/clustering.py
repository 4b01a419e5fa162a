"""Soft targets of self-distillation that keep a teacher from giving every input the same one."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def sinkhorn(
    logits: Tensor,  # (n, K)
    temperature: float,
    iterations: int,
) -> Tensor:  # (n, K), rows sum to 1
    """Share rows among columns so that every column gets the same total (Sinkhorn and Knopp).

    Computed in float32 by logarithms, so that no temperature overflows.
    """
    score = logits.detach().float() / temperature
    count, columns = score.shape
    for _ in range(iterations):
        score = score - score.logsumexp(0, keepdim=True) - math.log(columns) + math.log(count)
        score = score - score.logsumexp(1, keepdim=True)
    return score.exp()


def centred(
    logits: Tensor,  # (n, K)
    centre: Tensor,  # (K,)
    temperature: float,
) -> Tensor:  # (n, K), rows sum to 1
    """Return the softmax of logits minus their running centre (DINO)."""
    return torch.softmax((logits.detach().float() - centre) / temperature, 1)


def entropies(
    targets: Tensor,  # (n, K), rows sum to 1
) -> dict[str, Tensor]:  # () each
    """Measure the entropies of targets, as shares of log K.

    ``target_entropy`` is the mean entropy of the targets: at 1 they tell nothing apart.
    ``prototype_entropy`` is the entropy of the mean target: at 0 all name the same prototype.
    """
    most = math.log(targets.shape[1]) or 1.0
    mean = targets.mean(0)
    return {
        "target_entropy": -(targets * targets.clamp(min=1e-12).log()).sum(1).mean() / most,
        "prototype_entropy": -(mean * mean.clamp(min=1e-12).log()).sum() / most,
    }
