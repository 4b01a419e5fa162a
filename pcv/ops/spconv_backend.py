"""Sparse convolution by spconv-triton on CUDA: the only file that imports it."""

from __future__ import annotations

import torch
from torch import Tensor

from pcv.errors import KernelError, one_line


def convolve_spconv(
    feature: Tensor,  # (N, C)
    weight: Tensor,  # (O, C, D)
    source: Tensor,  # (P,) int64, sorted by weight
    target: Tensor,  # (P,) int64
    counts: tuple[int, ...],
    outputs: int,
) -> Tensor:  # (outputs, D)
    """Do what ``sparse_convolve`` does, in the kernels of spconv-triton.

    Raises:
        KernelError: The package is missing or fails, or the features are not on CUDA.
    """
    if feature.device.type != "cuda":
        raise KernelError(_advice(f"needs CUDA, the features are on {feature.device.type}"))
    try:
        from spconv_triton.core import ConvAlgo
        from spconv_triton.pytorch.functional import SparseConvFunction
    except (ImportError, OSError, RuntimeError) as error:
        raise KernelError(_advice(f"cannot be imported: {error}")) from None
    table, numbers = pair_table(source, target, counts)
    filters = weight.permute(2, 0, 1).reshape(weight.shape[2], -1, 1, 1, weight.shape[1])
    try:
        found: Tensor = SparseConvFunction.apply(
            feature, filters, table, numbers, outputs, ConvAlgo.Native
        )
    except (ImportError, OSError, RuntimeError) as error:
        raise KernelError(_advice(f"failed: {error}")) from None
    return found


def pair_table(
    source: Tensor,  # (P,) int64, sorted by weight
    target: Tensor,  # (P,) int64
    counts: tuple[int, ...],
) -> tuple[Tensor, Tensor]:  # (2, O, most) int32, (O,) int32
    """Return pairs as spconv keeps them: one row per weight, filled up with -1, and the counts."""
    most, device = max((*counts, 1)), source.device
    numbers = torch.tensor(counts, device=device)
    table = torch.full((2, len(counts), most), -1, dtype=torch.int32, device=device)
    row = torch.repeat_interleave(numbers)
    column = torch.arange(len(source), device=device) - (numbers.cumsum(0) - numbers)[row]
    table[:, row, column] = torch.stack([source, target]).int()
    return table, numbers.int()


def _advice(problem: str) -> str:
    first = one_line(problem, 300)
    return (
        f"encoder.backend spconv-triton {first}; pip install spconv-triton for a CUDA build of "
        "torch, or use --set encoder.backend=torch"
    )
