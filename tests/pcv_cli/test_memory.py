"""Errors that say, each in its way, that memory ran out."""

import errno

import numpy as np
import pytest
import torch

from pcv_cli.memory import out_of_memory


def raised(call) -> Exception:
    with pytest.raises((MemoryError, RuntimeError)) as caught:
        call()
    return caught.value


def test_allocations_that_fail_are_told_with_their_size() -> None:
    huge = raised(lambda: np.empty(1 << 50))
    assert out_of_memory(huge).startswith("out of memory: 8.00 PiB could not be allocated; make")
    huge = raised(lambda: torch.empty(1 << 50))
    assert out_of_memory(huge).startswith(f"out of memory: {1 << 52} bytes could not be")
    assert "overflowed" in out_of_memory(raised(lambda: torch.empty(1 << 62)))


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (MemoryError(), "an allocation failed"),
        (RuntimeError("CUDA out of memory. Tried to allocate 2.50 GiB. GPU 0"), "2.50 GiB could"),
        (RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 12 bytes."),
         "12 bytes could"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "Cannot allocate memory"),
    ],
)  # fmt: skip
def test_what_others_say_of_memory_is_known(error: Exception, said: str) -> None:
    line = out_of_memory(error)
    assert line.startswith("out of memory: ")
    assert said in line
    assert "\n" not in line


@pytest.mark.parametrize("error", [ValueError("out of memory"), RuntimeError("x"), OSError("x")])
def test_other_errors_are_not_about_memory(error: Exception) -> None:
    assert out_of_memory(error) is None
