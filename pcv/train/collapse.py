"""Tell a collapsed run from a good one by what its objective monitors."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

# Embeddings spread evenly over the sphere have 1.0; healthy runs read 0.5 to 1.
LOWEST_STD = 0.1
# 1.0: all embeddings lie on one line.
LOWEST_RANK = 1.5


def collapse_warning(parts: Mapping[str, Tensor | float]) -> str | None:
    """Say what looks collapsed, in one line; None when nothing does or nothing is monitored.

    Args:
        parts: ``Losses.parts`` of a step. Read: ``embedding_std`` (1 for embeddings spread evenly
            over the sphere, 0 for a constant) and ``effective_rank`` (at least 1).
    """
    found = []
    std, rank = parts.get("embedding_std"), parts.get("effective_rank")
    if std is not None and float(std) < LOWEST_STD:
        found.append(f"embedding_std {float(std):.3f} is below {LOWEST_STD}")
    if rank is not None and float(rank) < LOWEST_RANK:
        found.append(f"effective_rank {float(rank):.2f} is below {LOWEST_RANK}")
    if not found:
        return None
    return (
        f"the embeddings have collapsed: {', '.join(found)}; "
        "check objective.negatives, objective.anchor and optim.lr"
    )
