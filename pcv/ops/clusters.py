"""Connected components of the points of one cloud."""

from __future__ import annotations

import itertools
import math

import numpy as np
import torch
from torch import Tensor

from pcv.kernels.clusters import join_cells


def clusters(
    points: Tensor,  # (N, 3)
    group: Tensor,  # (N,) int64, from 0
    radius: float,
) -> Tensor:  # (N,) int64
    """Number the connected components of points of one group within ``radius`` of each other.

    Numbers start at 0, in the order of the components' first points. Computed on the CPU, in
    float64.

    Raises:
        ValueError: A point is not finite, or the cloud spans too many cells.
    """
    if not len(points):
        return torch.empty(0, dtype=torch.int64)
    position = points.detach().cpu().double().numpy()
    if not np.isfinite(position).all():
        raise ValueError("points must be finite")
    reach = 2  # cells: the radius is sqrt(3) cells, so that no cell farther away is within it
    size = radius / math.sqrt(3)
    cell = np.floor(position / size).astype(np.int64)
    cell -= cell.min(0) - reach
    cell = np.concatenate([group.cpu().numpy()[:, None], cell], 1)
    extent = cell.max(0) + 1 + np.array([0, reach, reach, reach])
    if math.prod(map(int, extent)) >= 1 << 62:
        raise ValueError("the points lie too far apart for so small a radius")
    weight = np.array([extent[1] * extent[2] * extent[3], extent[2] * extent[3], extent[3], 1])
    key = cell @ weight
    order = np.argsort(key, kind="stable")
    keys, starts = np.unique(key[order], return_index=True)
    around = itertools.product(range(-reach, reach + 1), repeat=3)
    steps = np.array([step for each in around if (step := int(np.dot(each, weight[1:]))) > 0])
    parent = np.arange(len(keys))
    sorted_points = np.ascontiguousarray(position[order])
    join_cells(sorted_points, np.append(starts, len(key)), keys, steps, radius**2, parent)
    root = np.empty(len(key), np.int64)
    root[order] = parent[np.repeat(np.arange(len(keys)), np.diff(np.append(starts, len(key))))]
    _, first, number = np.unique(root, return_index=True, return_inverse=True)
    return torch.from_numpy(np.argsort(np.argsort(first))[number])
