"""Recognising a collapsed run by the values that its objective monitors."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

# At 1.0 embeddings are spread evenly over the sphere; healthy runs have 0.5 to 1.
LOWEST_STD = 0.1
# At 1.0 all embeddings lie on one line.
LOWEST_RANK = 1.5
# At 1.0 a teacher's targets tell no tokens apart.
HIGHEST_TARGET_ENTROPY = 0.98
# At 0.0 all targets name the same prototype.
LOWEST_PROTOTYPE_ENTROPY = 0.1


def collapse_warning(parts: Mapping[str, Tensor | float]) -> str | None:
    """Say in one line what looks collapsed; None if nothing does or nothing is monitored.

    Args:
        parts: ``Losses.parts`` of a step, numbers or tensors (). Those read are ``embedding_std``
            (1 for embeddings spread evenly over the sphere, 0 for equal ones), ``effective_rank``
            (at least 1), ``target_entropy`` and ``prototype_entropy`` (both from 0 to 1).
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
