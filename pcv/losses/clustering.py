"""Soft targets of self-distillation: what keeps a teacher from saying the same of everything."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def sinkhorn(
    logits: Tensor,  # (n, K)
    temperature: float,
    iterations: int,
) -> Tensor:  # (n, K), rows sum to 1
    """Share rows among columns so that every column gets as much (Sinkhorn and Knopp).

    In float32 by logarithms, so that no temperature overflows.
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
    """Return the softmax of logits from their running centre (DINO)."""
    return torch.softmax((logits.detach().float() - centre) / temperature, 1)


def entropies(targets: Tensor) -> dict[str, Tensor]:
    """Measure targets (n, K) as shares of log K.

    ``target_entropy``: of each target, on average; 1: they say nothing. ``prototype_entropy``: of
    their average; 0: they all say the same prototype.
    """
    most = math.log(targets.shape[1]) or 1.0
    mean = targets.mean(0)
    return {
        "target_entropy": -(targets * targets.clamp(min=1e-12).log()).sum(1).mean() / most,
        "prototype_entropy": -(mean * mean.clamp(min=1e-12).log()).sum() / most,
    }
