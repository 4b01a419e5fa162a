"""fla-core's CUDA kernels of the gated delta rule: the only file that imports it."""

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
    """Say whether fla-core is installed and torch has a CUDA device; nothing is imported."""
    return importlib.util.find_spec("fla") is not None and torch.cuda.is_available()


def gated_delta_rule(
    query: Tensor,  # (B, T, H, K)
    key: Tensor,  # (B, T, H, K)
    value: Tensor,  # (B, T, H, V)
    log_decay: Tensor,  # (B, T, H)
    beta: Tensor,  # (B, T, H)
) -> Tensor:  # (B, T, H, V)
    """Compute what ``pcv.ops.gated_delta_rule`` defines, in Triton.

    Query, key and beta are cast to the type of ``value``; log_decay and the state are float32.

    Raises:
        KernelError: fla-core is not installed, or the tensors are not on a CUDA device.
    """
    kernel = _kernel()
    if not value.is_cuda:
        raise KernelError(f"fla-core computes on CUDA only, found a tensor on {value.device}")
    kind = value.dtype
    out, _ = kernel(
        query.to(kind), key.to(kind), value, log_decay.float(), beta.to(kind),
        scale=query.shape[-1] ** -0.5,
    )  # fmt: skip
    found: Tensor = out
    return found


@functools.cache
def _kernel() -> Any:  # noqa: ANN401 - an optional package's function
    """Import on first use, since fla.ops needs triton as soon as it is imported."""
    try:
        return importlib.import_module("fla.ops.gated_delta_rule").chunk_gated_delta_rule
    except (ImportError, AttributeError, RuntimeError) as error:
        reason = one_line(error, 120)
        raise KernelError(f"fla-core is missing or cannot start: {reason}; {ADVICE}") from None
