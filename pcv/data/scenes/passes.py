"""How a scene is shown several times to score it: turned about the vertical, scaled, mirrored."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from pcv.clip import ClipBatch
from pcv.config.scoring import EvalConfig
from pcv.data.augment import VERTICAL

LEVEL = [axis for axis in range(3) if axis != VERTICAL]


class Pass(NamedTuple):
    """One way to show a scene."""

    turn: NDArray[np.float64]  # (3, 3) orthogonal; multiplies points from the right
    scale: float


def passes(config: EvalConfig) -> list[Pass]:
    """Return every turn at every scale, then a mirrored pass, neither turned nor scaled."""
    found = [
        Pass(_turn(360 * number / config.turns), scale)
        for scale in config.scales
        for number in range(config.turns)
    ]
    if config.mirror:
        flipped = np.eye(3)
        flipped[0, 0] = -1
        found.append(Pass(flipped, 1.0))
    return found


def show(batch: ClipBatch, one: Pass) -> ClipBatch:
    """Return the same points with the same colours, but other positions and normals."""
    turn = torch.from_numpy(one.turn).to(batch.points)
    normal = batch.point_normal
    return batch._replace(
        points=batch.points @ turn * one.scale,
        point_normal=None if normal is None else normal @ turn.to(normal),
    )


def _turn(degrees: float) -> NDArray[np.float64]:
    angle = np.deg2rad(degrees)
    matrix = np.eye(3)
    matrix[np.ix_(LEVEL, LEVEL)] = [[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]
    return np.round(matrix, 15)  # so that quarters of a turn only exchange axes
