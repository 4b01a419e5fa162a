"""The order in which the points of one or more scenes become a sequence."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from pcv.ops import cells, hilbert_code, z_code

Order = Literal["shuffle", "hilbert", "z", "none"]
Scope = Literal["batch", "sample"]


def token_order(
    position: Tensor,  # (S, B, L, 3)
    order: Order,
    scope: Scope,
    generator: torch.Generator | None = None,
) -> Tensor | None:  # (S, B * L) int64; None: they stay as they are
    """Choose the order of tokens in S sequences, each of B samples of L points.

    ``shuffle`` is one random order for all S sequences. ``hilbert`` and ``z`` follow the curve
    through the cube that holds the sample; points in one cell keep their order.

    Args:
        position: Coordinates of the points.
        order: How tokens are put in order.
        scope: ``sample`` keeps the tokens of each sample together; ``batch`` mixes the samples of a
            sequence.
        generator: Random generator of the shuffle, on the CPU; None: torch's own.
    """
    sequences, samples, length, _ = position.shape
    if order == "none":
        return None
    if order == "shuffle":
        chosen = _shuffled(samples, length, scope, generator).to(position.device)
        return chosen.expand(sequences, -1)
    code = (hilbert_code if order == "hilbert" else z_code)(cells(position))  # (S, B, L)
    if scope == "batch":
        return code.flatten(1).argsort(dim=1, stable=True)
    inside = code.argsort(dim=2, stable=True)
    return (inside + length * torch.arange(samples, device=position.device)[:, None]).flatten(1)


def _shuffled(
    samples: int, length: int, scope: Scope, generator: torch.Generator | None
) -> Tensor:  # (B * L,)
    if scope == "batch":
        return torch.randperm(samples * length, generator=generator)
    parts = [torch.randperm(length, generator=generator) + length * s for s in range(samples)]
    return torch.cat(parts)


def permute(
    tokens: Tensor,  # (S, n, C)
    order: Tensor | None,  # (S, n)
) -> Tensor:  # (S, n, C)
    """Put the tokens of each sequence in the given order; None leaves them as they are."""
    if order is None:
        return tokens
    return tokens.gather(1, order[..., None].expand(-1, -1, tokens.shape[2]))


def restore(
    tokens: Tensor,  # (S, n, C)
    order: Tensor | None,  # (S, n)
) -> Tensor:  # (S, n, C)
    """Undo ``permute``."""
    if order is None:
        return tokens
    back = torch.empty_like(order)
    back.scatter_(1, order, torch.arange(order.shape[1], device=order.device).expand_as(order))
    return permute(tokens, back)
