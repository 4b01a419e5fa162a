"""fla-core's CUDA kernels of the gated delta rule, where they are installed."""

from __future__ import annotations

import functools
import importlib
import importlib.util
from typing import Any

import torch
from torch import Tensor

from pcv.errors import KernelError, one_line

ADVICE = "pip install 'fla-core[cuda]' (needs CUDA), or set encoder.backend to torch"


@functools.cache
def available() -> bool:
    """Whether fla-core can be imported; nothing of it is."""
    return importlib.util.find_spec("fla") is not None and torch.cuda.is_available()


def gated_delta_rule(
    query: Tensor,  # (B, T, H, K)
    key: Tensor,  # (B, T, H, K)
    value: Tensor,  # (B, T, H, V)
    log_decay: Tensor,  # (B, T, H)
    beta: Tensor,  # (B, T, H)
) -> Tensor:  # (B, T, H, V)
    """Compute what ``pcv.ops.gated_delta_rule`` says, in Triton.

    Inputs are taken in the type of ``value``; the state is float32.

    Raises:
        KernelError: fla-core is not installed, or the tensors are not on a CUDA device.
    """
    kernel = _kernel()
    if not value.is_cuda:
        raise KernelError(f"fla-core computes on CUDA alone, found a tensor on {value.device}")
    kind = value.dtype
    out, _ = kernel(
        query.to(kind), key.to(kind), value, log_decay.float(), beta.to(kind),
        scale=query.shape[-1] ** -0.5,
    )  # fmt: skip
    found: Tensor = out
    return found


@functools.cache
def _kernel() -> Any:  # noqa: ANN401 - an optional package's function
    """Import on first use: fla.ops needs triton at once."""
    try:
        return importlib.import_module("fla.ops.gated_delta_rule").chunk_gated_delta_rule
    except (ImportError, AttributeError, RuntimeError) as error:
        reason = one_line(error, 120)
        raise KernelError(f"fla-core is missing or cannot start: {reason}; {ADVICE}") from None
