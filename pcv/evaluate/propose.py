"""Objects from classes and offsets of points: two clusterings and suppression (PointGroup)."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pcv.config.supervised import SceneInstancesConfig
from pcv.evaluate.instances import Proposal
from pcv.ops.clusters import clusters


def propose(
    points: Tensor,  # (N, 3)
    share: Tensor,  # (N, classes) probabilities
    offset: Tensor,  # (N, 3) to the centre of each point's object
    config: SceneInstancesConfig,
) -> list[Proposal]:
    """Cluster the points of each class at their positions and where offsets lead; keep the best.

    The confidence of a cluster is the mean probability of its class. Of two clusters whose
    intersection is ``config.suppress`` or more of their union, the less confident is removed.
    """
    label = share.argmax(1)
    things = (~torch.isin(label, torch.tensor(config.stuff))).nonzero()[:, 0]
    found: list[Proposal] = []
    for position in (points[things], points[things] + offset[things]):
        number = clusters(position, label[things], config.radius)
        counts = torch.bincount(number)
        for one in (counts >= config.least).nonzero()[:, 0].tolist():
            mask = torch.zeros(len(points), dtype=torch.bool)
            mask[things[number == one]] = True
            kind = int(label[mask][0])
            confidence = float(share[mask, kind].mean())
            found.append(Proposal(mask.numpy(), kind, confidence))
    return suppress(found, config.suppress)


def suppress(proposals: list[Proposal], limit: float) -> list[Proposal]:
    """Keep the most confident proposals; drop those whose IoU with a kept one reaches ``limit``."""
    kept: list[Proposal] = []
    for each in sorted(proposals, key=lambda one: -one.confidence):
        if all(_overlap(each.mask, other.mask) < limit for other in kept):
            kept.append(each)
    return kept


def _overlap(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    return float((a & b).sum() / max(1, int((a | b).sum())))
