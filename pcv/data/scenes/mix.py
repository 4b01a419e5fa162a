"""Pairs of training scenes merged into one scene: Mix3D (Nekrasov et al., 3DV 2021)."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from pcv.clip import ClipBatch

OF_POINTS = ("points", "second", "point_label", "point_colour", "point_normal", "point_instance")


def mix_scenes(batch: ClipBatch, chance: float, key: tuple[int, int, int]) -> ClipBatch:
    """Merge the clips of a batch two by two, each pair into one clip of twice the points.

    Each clip has its own centre as its origin, so that both overlap. The last of an odd number is
    merged with itself; its repeated points have no label.

    Args:
        batch: Augmented scenes, without posed images.
        chance: Probability that the batch is mixed; with 0 it is returned as it is.
        key: Seed, epoch and number of the batch; nothing else decides whether it is mixed.

    Returns:
        Half as many clips (rounded up), with the class, video and subject of the first of each
        pair, and without ``point_index``.
    """
    seed, epoch, number = key
    if not chance or np.random.default_rng([seed, epoch, 1 << 31, number]).random() >= chance:
        return batch
    count = len(batch.points)
    first, second = torch.arange(0, count, 2), torch.arange(1, count + 1, 2).clamp(max=count - 1)
    other = batch._replace(
        point_label=_unlabelled(batch.point_label, second[count // 2 :]),
        point_instance=_renumbered(batch.point_instance, first, second),
    )
    merged: dict[str, Any] = {
        name: torch.cat([mine[first], getattr(other, name)[second]], 2)
        for name in OF_POINTS
        if (mine := getattr(batch, name)) is not None
    }
    kept: dict[str, Any] = {
        name: None if (value := getattr(batch, name)) is None else value[first]
        for name in ("label", "video", "subject")
    }
    return batch._replace(**merged, **kept, point_index=None)


def _unlabelled(label: Tensor | None, rows: Tensor) -> Tensor | None:
    return None if label is None else label.index_fill(0, rows, -1)


def _renumbered(instance: Tensor | None, first: Tensor, second: Tensor) -> Tensor | None:
    """Number the objects of the second of each pair after those of the first."""
    if instance is None:
        return None
    used = instance[first].amax((1, 2), keepdim=True) + 1
    moved, mine = instance.clone(), instance[second]
    # The last of an odd number is merged with itself: its objects keep their numbers.
    moved[second] = torch.where((mine >= 0) & (first != second)[:, None, None], mine + used, mine)
    return moved
