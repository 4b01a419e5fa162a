"""How the other scenes of a batch change the classes predicted for one scene."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from pcv.clip import Regions
from pcv.encoders.scenes import Mode


class Company(NamedTuple):
    """The other scenes in the batch of the scene that is scored."""

    number: int  # number of other scenes
    place: str = "last"  # whether the scored scene comes "first" or "last" in the batch
    content: str = "rooms"  # what the others are: "rooms", "noise", or "copies" of the scored scene


COMPANIES = (
    Company(0), Company(1), Company(3), Company(7), Company(3, "first"),
    Company(3, content="noise"), Company(3, content="copies"),
)  # fmt: skip


def batch_with(
    own: Regions,  # one crop of the scored scene: (1, 1, L, 3), (1, 1, L, F)
    pool: Regions,  # one crop of each of P others, with as many points: (1, P, L, 3), (1, P, L, F)
    company: Company,
) -> tuple[Regions, int]:  # (1, 1 + company.number, L, ...), and the row of the scored scene
    """Put a scene into a batch with others; return the batch and the scene's row in it.

    Other scenes are taken from the pool in order, and from its start again where there are too few.
    Noise is points drawn evenly in the scene's own box, with random features, by seed 0.
    """
    count = company.number
    if not count:
        return own, 0
    if company.content == "copies":
        others = Regions(*(part.expand(1, count, -1, -1) for part in own))
    elif company.content == "noise":
        others = _noise(own, count)
    else:
        rows = torch.arange(count) % pool.position.shape[1]
        others = Regions(*(part[:, rows] for part in pool))
    parts = (own, others) if company.place == "first" else (others, own)
    joined = [torch.cat(pair, 1) for pair in zip(*parts, strict=True)]
    return Regions(*joined), 0 if company.place == "first" else count


def _noise(own: Regions, count: int) -> Regions:
    draw = torch.Generator().manual_seed(0)
    low, high = own.position.amin(2, keepdim=True), own.position.amax(2, keepdim=True)
    shape = (1, count, own.position.shape[2])
    position = torch.rand(*shape, 3, generator=draw).to(low.device)
    feature = torch.rand(*shape, own.feature.shape[3], generator=draw).to(low.device) * 2 - 1
    return Regions(low + (high - low) * position, feature)


@torch.no_grad()
def classes_in(
    scores: Callable[[Regions, Mode], Tensor],  # -> (V, B, L, classes)
    own: Regions,
    pool: Regions,
    company: Company,
    mode: Mode,
) -> Tensor:  # (L,) int64
    """Classify the points of a scene in a batch with others."""
    regions, row = batch_with(own, pool, company)
    return scores(regions, mode)[0, row].argmax(-1)
