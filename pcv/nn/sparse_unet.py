"""Layers of sparse voxel networks (SparseUNet, which Pointcept calls SpUNet)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from pcv.ops.sparse_conv import Pairs, SparseBackend, sparse_convolve


class SparseConv(nn.Module):
    """A convolution without bias over the pairs of rows that it is given.

    Args:
        channels_in: Channels of an input row.
        channels_out: Channels of an output row.
        kernel: Cells per side; 2 for strided and inverse convolutions.
        backend: Whose kernels compute it.
    """

    def __init__(
        self, channels_in: int, channels_out: int, kernel: int, backend: SparseBackend = "torch"
    ) -> None:
        super().__init__()
        self.backend: SparseBackend = backend
        self.weight = nn.Parameter(torch.empty(kernel**3, channels_in, channels_out))
        nn.init.trunc_normal_(self.weight, std=0.02)

    def forward(self, feature: Tensor, pairs: Pairs) -> Tensor:  # (N, C) -> (M, D)
        return sparse_convolve(feature, self.weight, pairs, self.backend)


class ConvNorm(nn.Module):
    """A sparse convolution and batch normalisation over rows."""

    def __init__(self, conv: SparseConv, momentum: float) -> None:
        super().__init__()
        self.conv = conv
        self.norm = nn.BatchNorm1d(conv.weight.shape[2], eps=1e-3, momentum=momentum)

    def forward(self, feature: Tensor, pairs: Pairs) -> Tensor:  # (N, C) -> (M, D)
        found: Tensor = self.norm(self.conv(feature, pairs))
        return found


class SparseBlock(nn.Module):
    """Two submanifold convolutions 3 cells wide, and a shortcut that is linear if widths differ."""

    def __init__(
        self, channels_in: int, channels_out: int, momentum: float, backend: SparseBackend
    ) -> None:
        super().__init__()
        self.first = ConvNorm(SparseConv(channels_in, channels_out, 3, backend), momentum)
        self.second = ConvNorm(SparseConv(channels_out, channels_out, 3, backend), momentum)
        self.shortcut: nn.Module = nn.Identity()
        if channels_in != channels_out:
            linear = nn.Linear(channels_in, channels_out, bias=False)
            nn.init.trunc_normal_(linear.weight, std=0.02)
            norm = nn.BatchNorm1d(channels_out, eps=1e-3, momentum=momentum)
            self.shortcut = nn.Sequential(linear, norm)

    def forward(self, feature: Tensor, pairs: Pairs) -> Tensor:  # (N, C) -> (N, D)
        inner = torch.relu(self.first(feature, pairs))
        return torch.relu(self.second(inner, pairs) + self.shortcut(feature))
