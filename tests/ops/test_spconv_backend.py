"""The optional CUDA backend of sparse convolutions: what it is given, and what it says."""

import sys

import pytest
import torch

from pcv.errors import KernelError
from pcv.ops.spconv_backend import convolve_spconv, pair_table


def test_pairs_as_spconv_keeps_them():
    source, target = torch.tensor([4, 2, 0]), torch.tensor([1, 3, 5])
    table, numbers = pair_table(source, target, (2, 0, 1))
    assert numbers.tolist() == [2, 0, 1]
    assert table[0].tolist() == [[4, 2], [-1, -1], [0, -1]]
    assert table[1].tolist() == [[1, 3], [-1, -1], [5, -1]]


def test_a_missing_package_is_one_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "spconv_triton", None)
    meta = torch.zeros(3, 2, device="meta")

    class Cuda:  # features that say they are on CUDA
        device = torch.device("cuda")

    with pytest.raises(KernelError, match=r"cannot be imported.*pip install spconv-triton"):
        convolve_spconv(Cuda(), meta, meta, meta, (3,), 3)
