"""Occupied cells of a grid, their neighbours, and their parents in a coarser grid."""

from __future__ import annotations

import itertools
from typing import NamedTuple

import torch
from torch import Tensor

from pcv.ops.sparse_conv import Pairs

MARGIN = 2  # free cells around the grid, so that no step from one row ends in another row
MOST = 1 << 62  # keys fit int64


class Voxels(NamedTuple):
    """V occupied cells of the grids of some clouds, in ascending order of (cloud, x, y, z)."""

    cell: Tensor  # (V, 4) int64: cloud, x, y, z from 0
    key: Tensor  # (V,) int64, ascending: number of the cell in the grid
    shape: tuple[int, int, int]  # cells along x, y and z that hold all clouds

    def steps(self) -> tuple[int, int]:
        """Return by how much a key grows with one step along x and along y; along z it is 1."""
        y, z = self.shape[1] + 2 * MARGIN, self.shape[2] + 2 * MARGIN
        return y * z, z


def voxelise(
    points: Tensor,  # (P, 3)
    cloud: Tensor,  # (P,) int64, from 0
    size: float,
) -> tuple[Voxels, Tensor]:  # and (P,) int64, the voxel of each point
    """Find the cells of side ``size`` that points occupy.

    Cells are counted from the lowest cell of each cloud.

    Raises:
        ValueError: A coordinate is not finite, or the grid is too large to be numbered.
    """
    if not bool(torch.isfinite(points).all()):
        raise ValueError("points must be finite")
    cell = (points.double() / size).floor().long()
    clouds = int(cloud.max()) + 1 if len(cloud) else 0
    lowest = cell.new_full((clouds, 3), torch.iinfo(torch.int64).max)
    lowest.scatter_reduce_(0, cloud[:, None].expand(-1, 3), cell, "amin")
    cell = cell - lowest[cloud]
    extent = (cell.amax(0) + 1).tolist() if len(cell) else [1, 1, 1]
    return _unique(torch.cat([cloud[:, None], cell], 1), (extent[0], extent[1], extent[2]), clouds)


def _unique(cell: Tensor, shape: tuple[int, int, int], clouds: int) -> tuple[Voxels, Tensor]:
    x, y, z = (extent + 2 * MARGIN for extent in shape)
    if clouds * x * y * z > MOST:
        raise ValueError(f"a grid of {x} x {y} x {z} cells is too large; raise the voxel size")
    inner = cell[:, 1:] + MARGIN
    key = ((cell[:, 0] * x + inner[:, 0]) * y + inner[:, 1]) * z + inner[:, 2]
    unique, inverse = key.unique(return_inverse=True)
    first = torch.full_like(unique, len(key)).scatter_reduce_(
        0, inverse, torch.arange(len(key), device=key.device), "amin"
    )
    return Voxels(cell[first], unique, shape), inverse


def neighbour_pairs(voxels: Voxels, kernel: int) -> Pairs:
    """Pair every cell with the occupied cells in the cube of ``kernel`` cells a side around it.

    The weights are in the order of ``conv3d``'s: along z fastest, lowest first.

    Raises:
        ValueError: The kernel is even or reaches beyond two cells.
    """
    reach = kernel // 2
    if kernel % 2 == 0 or reach > MARGIN:
        raise ValueError(f"a submanifold kernel must be 1, 3 or 5 wide, found {kernel}")
    along_x, along_y = voxels.steps()
    steps = [
        x * along_x + y * along_y + z
        for x, y, z in itertools.product(range(-reach, reach + 1), repeat=3)
    ]
    half, count = len(steps) // 2, len(voxels.key)
    ahead = torch.tensor(steps[:half], device=voxels.key.device)
    query = voxels.key + ahead[:, None]  # (O / 2, V)
    row = torch.searchsorted(voxels.key, query).clamp_(max=max(count - 1, 0))
    hit = voxels.key[row] == query if count else torch.zeros_like(query, dtype=torch.bool)
    target, source = hit.nonzero()[:, 1], row[hit]
    counts: list[int] = hit.sum(1).tolist()
    # The other half of the cube has the same pairs with their ends exchanged, in reverse order.
    back = [part.split(counts)[::-1] for part in (source, target)]
    own = torch.arange(count, device=voxels.key.device)
    return Pairs(
        torch.cat([source, own, *back[1]]),
        torch.cat([target, own, *back[0]]),
        (*counts, count, *counts[::-1]),
        count,
        count,
        half,
    )


def halve(voxels: Voxels) -> tuple[Voxels, Pairs]:
    """Join the cells of each cube of two cells a side, and pair each cell with its cube.

    The weights are in the order of ``conv3d``'s with kernel and stride 2.
    """
    cloud, cell = voxels.cell[:, :1], voxels.cell[:, 1:]
    shape = [(extent + 1) // 2 for extent in voxels.shape]
    clouds = int(cloud.max()) + 1 if len(cloud) else 0
    parent, inverse = _unique(
        torch.cat([cloud, cell // 2], 1), (shape[0], shape[1], shape[2]), clouds
    )
    corner = ((cell % 2) * torch.tensor([4, 2, 1], device=cell.device)).sum(1)
    corner, order = corner.sort(stable=True)
    counts = torch.bincount(corner, minlength=8).tolist()
    pairs = Pairs(order, inverse[order], tuple(counts), len(voxels.key), len(parent.key))
    return parent, pairs


class VoxelPyramid:
    """A grid, the coarser grids above it, and the pairs between their cells.

    The pairs within a level are computed when they are first asked for, and kept.
    """

    def __init__(self, voxels: Voxels, levels: int) -> None:
        self.levels = [voxels]
        self.down: list[Pairs] = []
        for _ in range(levels):
            parent, pairs = halve(self.levels[-1])
            self.levels.append(parent)
            self.down.append(pairs)
        self._around: dict[tuple[int, int], Pairs] = {}

    def around(self, level: int, kernel: int) -> Pairs:
        """Return the pairs of neighbours within a level."""
        if (level, kernel) not in self._around:
            self._around[level, kernel] = neighbour_pairs(self.levels[level], kernel)
        return self._around[level, kernel]
