"""Space-filling curves: positions of cells along a curve through a cube of 2^bits cells a side."""

from __future__ import annotations

import torch
from torch import Tensor

BITS = 10  # bits per coordinate: 1,024 cells a side


def cells(
    points: Tensor,  # (..., N, 3)
    bits: int = BITS,
) -> Tensor:  # (..., N, 3) int64
    """Return the cell of each point in the smallest cube that holds its cloud."""
    low = points.amin(-2, keepdim=True)
    side = (points.amax(-2, keepdim=True) - low).amax(-1, keepdim=True)
    side = side.clamp(min=torch.finfo(points.dtype).tiny)
    most = (1 << bits) - 1
    return ((points - low) / side * (1 << bits)).long().clamp(0, most)


def z_code(
    cell: Tensor,  # (..., 3) int64
    bits: int = BITS,
) -> Tensor:  # (...) int64
    """Return positions along the Z curve (Morton order).

    A code takes bits of x, y and z in turn; x is the most significant.

    Raises:
        ValueError: The code would not fit 63 bits.
    """
    if not 1 <= bits <= 21:
        raise ValueError(f"bits must be between 1 and 21, found {bits}")
    code = torch.zeros_like(cell[..., 0])
    for bit in range(bits - 1, -1, -1):
        for axis in range(3):
            code = code << 1 | cell[..., axis] >> bit & 1
    return code


def hilbert_code(
    cell: Tensor,  # (..., 3) int64
    bits: int = BITS,
) -> Tensor:  # (...) int64
    """Return positions along the Hilbert curve, on which successive cells share a face.

    This is Skilling's transform (Programming the Hilbert curve, 2004) for all cells at once.

    Raises:
        ValueError: The code would not fit 63 bits.
    """
    axes = list(cell.unbind(-1))
    for bit in range(bits - 1, 0, -1):
        below = (1 << bit) - 1
        for axis in range(3):
            on = (axes[axis] >> bit & 1).bool()
            swap = (axes[0] ^ axes[axis]) & below
            first = torch.where(on, axes[0] ^ below, axes[0] ^ swap)
            axes[axis] = torch.where(on, axes[axis], axes[axis] ^ swap)
            axes[0] = first
    axes[1] = axes[1] ^ axes[0]
    axes[2] = axes[2] ^ axes[1]
    flip = torch.zeros_like(axes[0])
    for bit in range(bits - 1, 0, -1):
        flip = torch.where((axes[2] >> bit & 1).bool(), flip ^ ((1 << bit) - 1), flip)
    return z_code(torch.stack([axis ^ flip for axis in axes], -1), bits)
