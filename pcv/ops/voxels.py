"""Occupied cells of a grid: who is whose neighbour, and whose parent."""

from __future__ import annotations

import itertools
from typing import NamedTuple

import torch
from torch import Tensor

from pcv.ops.sparse_conv import Pairs

MARGIN = 2  # cells around the grid, so that no neighbour is another row's cell
MOST = 1 << 62


class Voxels(NamedTuple):
    """V occupied cells of the grids of some clouds, in ascending order of (cloud, x, y, z)."""

    place: Tensor  # (V, 4) int64: cloud, x, y, z from 0
    key: Tensor  # (V,) int64, ascending
    shape: tuple[int, int, int]  # cells along x, y and z that hold all clouds

    def steps(self) -> tuple[int, int]:
        """Return how much a key grows by one step along x and y; along z it is 1."""
        y, z = self.shape[1] + 2 * MARGIN, self.shape[2] + 2 * MARGIN
        return y * z, z


def voxelise(
    points: Tensor,  # (P, 3)
    cloud: Tensor,  # (P,) int64, from 0
    size: float,
) -> tuple[Voxels, Tensor]:  # and (P,) int64, the voxel of each point
    """Find the cells of ``size`` that points occupy, counted from each cloud's own lowest cell.

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


def _unique(place: Tensor, shape: tuple[int, int, int], clouds: int) -> tuple[Voxels, Tensor]:
    x, y, z = (extent + 2 * MARGIN for extent in shape)
    if clouds * x * y * z > MOST:
        raise ValueError(f"a grid of {x} x {y} x {z} cells is too large; raise the voxel size")
    held = place[:, 1:] + MARGIN
    key = ((place[:, 0] * x + held[:, 0]) * y + held[:, 1]) * z + held[:, 2]
    unique, inverse = key.unique(return_inverse=True)
    first = torch.full_like(unique, len(key)).scatter_reduce_(
        0, inverse, torch.arange(len(key), device=key.device), "amin"
    )
    return Voxels(place[first], unique, shape), inverse


def neighbour_pairs(voxels: Voxels, kernel: int) -> Pairs:
    """Pair every cell with those of the cube of ``kernel`` cells around it that are occupied.

    The weights are in the order of ``conv3d``'s: along z fastest, lowest first.

    Raises:
        ValueError: The kernel is even or reaches beyond two cells.
    """
    reach = kernel // 2
    if kernel % 2 == 0 or reach > MARGIN:
        raise ValueError(f"a submanifold kernel is 1, 3 or 5 wide, found {kernel}")
    along_x, along_y = voxels.steps()
    steps = [
        x * along_x + y * along_y + z
        for x, y, z in itertools.product(range(-reach, reach + 1), repeat=3)
    ]
    half, count = len(steps) // 2, len(voxels.key)
    ahead = torch.tensor(steps[:half], device=voxels.key.device)
    query = voxels.key + ahead[:, None]  # (O / 2, V)
    place = torch.searchsorted(voxels.key, query).clamp_(max=max(count - 1, 0))
    hit = voxels.key[place] == query if count else torch.zeros_like(query, dtype=torch.bool)
    target, source = hit.nonzero()[:, 1], place[hit]
    counts: list[int] = hit.sum(1).tolist()
    # The other half of the cube sees the same pairs from their other ends, in reverse order.
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
    """Join cubes of two cells a side, and pair each cell with the cube it lies in.

    The weights are in the order of ``conv3d``'s with kernel and stride 2.
    """
    cloud, cell = voxels.place[:, :1], voxels.place[:, 1:]
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
    """A grid, the coarser ones above it, and their tables, each made once when first asked for."""

    def __init__(self, voxels: Voxels, levels: int) -> None:
        self.levels = [voxels]
        self.down: list[Pairs] = []
        for _ in range(levels):
            parent, pairs = halve(self.levels[-1])
            self.levels.append(parent)
            self.down.append(pairs)
        self._around: dict[tuple[int, int], Pairs] = {}

    def around(self, level: int, kernel: int) -> Pairs:
        """Return the neighbours within a level."""
        if (level, kernel) not in self._around:
            self._around[level, kernel] = neighbour_pairs(self.levels[level], kernel)
        return self._around[level, kernel]
