"""Tell a collapsed run from a good one by what its objective monitors."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

# Embeddings spread evenly over the sphere have 1.0; healthy runs read 0.5 to 1.
LOWEST_STD = 0.1
# 1.0: all embeddings lie on one line.
LOWEST_RANK = 1.5


# 1.0: a teacher's targets say nothing of a token.
HIGHEST_TARGET_ENTROPY = 0.98
# 0.0: they all say the same prototype.
LOWEST_PROTOTYPE_ENTROPY = 0.1


def collapse_warning(parts: Mapping[str, Tensor | float]) -> str | None:
    """Say what looks collapsed, in one line; None when nothing does or nothing is monitored.

    Args:
        parts: ``Losses.parts`` of a step. Read: ``embedding_std`` (1 for embeddings spread evenly
            over the sphere, 0 for a constant), ``effective_rank`` (at least 1), ``target_entropy``
            and ``prototype_entropy`` (both from 0 to 1).
    """
    limits = (
        ("embedding_std", "below", LOWEST_STD),
        ("effective_rank", "below", LOWEST_RANK),
        ("target_entropy", "above", HIGHEST_TARGET_ENTROPY),
        ("prototype_entropy", "below", LOWEST_PROTOTYPE_ENTROPY),
    )
    found = []
    for name, side, limit in limits:
        value = parts.get(name)
        beyond = value is not None and (float(value) > limit) == (side == "above")
        if value is not None and beyond and float(value) != limit:
            found.append(f"{name} {float(value):.3g} is {side} {limit}")
    if not found:
        return None
    keys = "objective.negatives, objective.anchor"
    if "target_entropy" in parts:
        keys = "objective.flavour, objective.targets, objective.teacher_temperature (lower it)"
    return f"the embeddings have collapsed: {', '.join(found)}; check {keys} and optim.lr"
