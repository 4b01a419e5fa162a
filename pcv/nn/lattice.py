"""Dense lattices over clouds of any size (GaussianCross: cuboid normalisation)."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import torch
from torch import Tensor

BoxShape = Literal["cuboid", "cube"]
EDGE = 1e-5  # share of the extent that is added, so that the highest point lies inside
THINNEST = 1e-3  # extent of a flat cloud, in the unit of the points


class Lattice(NamedTuple):
    """X x Y x Z cells over each of B clouds."""

    low: Tensor  # (B, 3) lowest corner of the first cell
    cell: Tensor  # (B, 3) size of a cell
    shape: tuple[int, int, int]  # X, Y, Z

    def anchors(self) -> Tensor:  # (B, XYZ, 3)
        """Return the centres of all cells; z varies fastest."""
        along = [torch.arange(n, device=self.low.device) + 0.5 for n in self.shape]
        grid = torch.stack(torch.meshgrid(*along, indexing="ij"), -1).reshape(-1, 3)
        return self.low[:, None] + grid.to(self.low.dtype) * self.cell[:, None]


def fit_lattice(
    points: Tensor,  # (B, P, 3)
    shape: tuple[int, int, int],
    mode: BoxShape = "cuboid",
) -> Lattice:
    """Lay a lattice over each cloud.

    ``cuboid`` fits it to the cloud's own extent along every axis, so that no cell lies outside;
    ``cube`` gives every axis the longest extent, around the middle of the cloud.
    """
    low, high = points.amin(1), points.amax(1)
    extent = (high - low).clamp(min=THINNEST)
    if mode == "cube":
        extent = extent.amax(1, keepdim=True).expand(-1, 3)
    extent = extent * (1 + 2 * EDGE)
    cells = torch.tensor(shape, dtype=points.dtype, device=points.device)
    return Lattice((low + high) / 2 - extent / 2, extent / cells, shape)


def scatter_mean(
    lattice: Lattice,
    position: Tensor,  # (V, 3)
    cloud: Tensor,  # (V,) int64
    feature: Tensor,  # (V, C)
) -> Tensor:  # (B, C, X, Y, Z)
    """Average the features that fall into each cell; empty cells hold zeros."""
    most = torch.tensor(lattice.shape, device=position.device) - 1
    cell = ((position - lattice.low[cloud]) / lattice.cell[cloud]).floor().long()
    cell = cell.clamp(min=0).minimum(most)
    _, y, z = lattice.shape
    row = ((cloud * lattice.shape[0] + cell[:, 0]) * y + cell[:, 1]) * z + cell[:, 2]
    cells = len(lattice.low) * math.prod(lattice.shape)
    wide = feature.float()
    summed = wide.new_zeros(cells, wide.shape[1]).index_add_(0, row, wide)
    count = torch.bincount(row, minlength=cells).clamp(min=1)
    dense = summed / count[:, None]
    return dense.reshape(len(lattice.low), *lattice.shape, -1).movedim(-1, 1)
