"""Semantic clustering: PointCPSC (Sheng et al., ICCV 2023), equations 5 to 8."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F


def assign(
    embedding: Tensor,  # (B, n, C)
    prototypes: Tensor,  # (k, C)
    *,
    scale: float = 1.0,
    cosine: bool = False,
) -> Tensor:  # (B, n, k)
    """Return the logarithm of the soft assignment of each superpoint (equation 5)."""
    embedding, prototypes = embedding.float(), prototypes.float()
    if cosine:
        embedding, prototypes = F.normalize(embedding, dim=-1), F.normalize(prototypes, dim=-1)
    return torch.log_softmax(scale * (embedding @ prototypes.T), -1)


def update(
    log_assignment: Tensor,  # (B, n, k)
    embedding: Tensor,  # (B, n, C)
) -> Tensor:  # (B, k, C)
    """Average the superpoints of each prototype, weighted by their assignment (equation 6)."""
    share = log_assignment.exp()
    mass = share.sum(1).clamp(min=torch.finfo(share.dtype).tiny)
    return torch.einsum("bnk,bnc->bkc", share, embedding.float()) / mass[..., None]


def align(
    prediction: Tensor,  # (B, k, C)
    target: Tensor,  # (B, k, C)
    temperature: float,
    scope: Literal["sample", "batch"],
) -> Tensor:  # ()
    """Compute InfoNCE of predicted and target prototypes, with the target as anchor (equation 7).

    With scope ``sample``, each clip has its own prototypes; the negatives are the other prototypes
    of the clip and of the batch. With ``batch``, prototypes are averaged over the batch first.
    """
    prediction, target = prediction.float(), target.float()
    if scope == "batch":
        prediction, target = prediction.mean(0, keepdim=True), target.mean(0, keepdim=True)
    channels = target.shape[-1]
    prediction = F.normalize(prediction.reshape(-1, channels), dim=1)
    target = F.normalize(target.reshape(-1, channels), dim=1)
    labels = torch.arange(len(target), device=target.device)
    return F.cross_entropy(target @ prediction.T / temperature, labels)


def divergence(
    log_prediction: Tensor,  # (B, n, k)
    log_target: Tensor,  # (B, n, k)
) -> Tensor:  # ()
    """Average KL(predicted | target) of the assignments over superpoints (equation 8)."""
    return (log_prediction.exp() * (log_prediction - log_target)).sum(-1).mean()
