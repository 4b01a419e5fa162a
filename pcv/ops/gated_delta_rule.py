"""The gated delta rule: a recurrent state that decays, and whose value at a key is replaced."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from pcv.ops import fla

Backend = Literal["auto", "torch", "fla"]
CHUNK = 64  # tokens solved at once
PIECE = 64  # chunks whose matrices are made at once: so many fit into a cache


def gated_delta_rule(
    query: Tensor,  # (B, T, H, K)
    key: Tensor,  # (B, T, H, K)
    value: Tensor,  # (B, T, H, V)
    log_decay: Tensor,  # (B, T, H), at most 0
    beta: Tensor,  # (B, T, H), 0 to 1
    *,
    chunk: int = CHUNK,
    backend: Backend = "auto",
) -> Tensor:  # (B, T, H, V)
    """Scan tokens in order; every sequence and head has a state S (K, V) of its own.

    ``S <- exp(log_decay) S; S <- S + beta k (v - S^T k)^T; o = S^T q / sqrt(K)`` (Yang et al.,
    Gated Delta Networks, ICLR 2025). Keys of unit length keep the state bounded.

    Tokens are solved ``chunk`` at a time, and the recurrence has only one product of small matrices
    per chunk, so that time and memory are linear in T. Computed in float32 (in float64 if ``value``
    is), whatever autocast says, and returned in the type of ``value``.

    Args:
        query: What each token looks up.
        key: Where each token writes.
        value: What each token writes.
        log_decay: Logarithm of the share of the state that is kept at each token.
        beta: The share of the old value that is replaced.
        chunk: Tokens at a time; it changes the result by rounding only.
        backend: ``fla`` takes fla-core's CUDA kernels; ``auto`` takes them for CUDA tensors
            where they are installed.

    Raises:
        ValueError: Shapes disagree.
        KernelError: ``fla`` is asked for and cannot be used.
    """
    if chosen(backend, value) == "fla":
        _check(query, key, value, log_decay, beta)
        return fla.gated_delta_rule(query, key, value, log_decay, beta)
    return gated_delta_scan([query, key, value, log_decay, beta], chunk=chunk)[0]


def chosen(
    backend: Backend,
    value: Tensor,  # (...)
) -> Backend:
    """Return which backend computes, ``torch`` or ``fla``; ``auto`` goes by the value's device."""
    if backend == "auto":
        return "fla" if value.is_cuda and fla.available() else "torch"
    return backend


def gated_delta_scan(
    parts: list[Tensor],  # (B, T, H, K) twice, (B, T, H, V), (B, T, H) twice
    state: Tensor | None = None,  # (B, H, K, V)
    *,
    chunk: int = CHUNK,
) -> tuple[Tensor, Tensor]:  # (B, T, H, V), (B, H, K, V)
    """Scan in torch, beginning with the state that earlier tokens left; return the last state, too.

    Args:
        parts: Query, key, value, log_decay and beta of ``gated_delta_rule``.
        state: The first state; None: zeros.
        chunk: Tokens at a time.

    Raises:
        ValueError: Shapes disagree.
    """
    query, key, value, log_decay, beta = parts
    _check(query, key, value, log_decay, beta)
    kind = value.dtype
    exact = torch.float64 if kind == torch.float64 else torch.float32
    heads, sizes = query.shape[2], (query.shape[3], value.shape[3])
    with torch.autocast(value.device.type, enabled=False):
        if state is None:
            state = value.new_zeros((len(query), heads, *sizes), dtype=exact)
        found, left = _in_pieces([p.to(exact) for p in parts], state.flatten(0, 1), chunk)
        return found.to(kind), left.unflatten(0, (len(query), heads))


def _check(query: Tensor, key: Tensor, value: Tensor, log_decay: Tensor, beta: Tensor) -> None:
    if query.dim() != 4 or value.dim() != 4 or query.shape != key.shape:
        raise ValueError(
            "query and key must be (B, T, H, K) and value (B, T, H, V); found "
            f"{tuple(query.shape)}, {tuple(key.shape)} and {tuple(value.shape)}"
        )
    for name, part in (("log_decay", log_decay), ("beta", beta), ("value", value[..., 0])):
        if part.shape != query.shape[:3]:
            raise ValueError(
                f"the first axes of {name} must be {tuple(query.shape[:3])}, found "
                f"{tuple(part.shape)}"
            )


def _in_pieces(parts: list[Tensor], state: Tensor, chunk: int) -> tuple[Tensor, Tensor]:
    """Scan piece by piece; each begins with the state that the piece before it left."""
    found, size = [], parts[0].shape[1]
    if state.device.type == "cpu":
        size = chunk * max(1, PIECE // len(state))
    for piece in zip(*(part.split(size, 1) for part in parts), strict=True):
        out, state = _chunked(list(piece), state, chunk)
        found.append(out)
    return torch.cat(found, 1), state


def _chunked(
    parts: list[Tensor],
    state: Tensor,  # (B * H, K, V)
    chunk: int,
) -> tuple[Tensor, Tensor]:
    """Scan in chunks: the writes of a chunk solve a unit lower triangular system (the WY form).

    Let G be the running sum of log_decay in the chunk, D_ij = exp(G_i - G_j) for j <= i, and S the
    state before the chunk. The values written are U - W S, where
    (I + tril(beta K K^T D, -1)) [U | W] = beta [V | exp(G) K]. The state after the chunk is
    (exp(G_C) - R^T W) S + R^T U with R = exp(G_C - G) K: linear in S.
    """
    length = parts[0].shape[1]
    query, key, value = (_cut(part, chunk) for part in parts[:3])  # (B, H, n, C, .)
    log_decay, beta = (_cut(part[..., None], chunk)[..., 0] for part in parts[3:])
    # In double: strong decays add up to thousands, and differences of such sums must stay exact.
    exact = log_decay.double().cumsum(-1)
    total = exact.to(value.dtype)
    lower = torch.ones(chunk, chunk, dtype=torch.bool, device=query.device).tril()
    # Masked before exp: entries above the diagonal may overflow, and inf times 0 is NaN.
    apart = (exact[..., :, None] - exact[..., None, :]).to(value.dtype)
    kept = apart.masked_fill(~lower, -torch.inf).exp()
    system = (beta[..., None] * (key @ key.mT) * kept).tril(-1)
    right = beta[..., None] * torch.cat([value, total.exp()[..., None] * key], -1)
    written, read = torch.linalg.solve_triangular(
        system, right, upper=False, unitriangular=True
    ).split([value.shape[-1], key.shape[-1]], -1)
    last = total[..., -1]
    carried = (exact[..., -1:] - exact).to(value.dtype).exp()[..., None] * key
    same = torch.eye(key.shape[-1], dtype=key.dtype, device=key.device)
    step = last.exp()[..., None, None] * same - carried.mT @ read
    before, state = _states(step, carried.mT @ written, state)
    found = total.exp()[..., None] * (query @ before)
    found = found + ((query @ key.mT) * kept) @ (written - read @ before)
    found = found * key.shape[-1] ** -0.5
    return found.flatten(2, 3)[:, :, :length].transpose(1, 2), state


def _cut(part: Tensor, chunk: int) -> Tensor:  # (B, T, H, C) -> (B, H, n, chunk, C)
    """Cut into chunks; zeros fill the last one, since a key of zeros reads and writes nothing."""
    spare = -part.shape[1] % chunk
    return F.pad(part.transpose(1, 2), (0, 0, 0, spare)).unflatten(2, (-1, chunk))


def _states(
    step: Tensor,  # (B, H, n, K, K)
    added: Tensor,  # (B, H, n, K, V)
    state: Tensor,  # (B * H, K, V)
) -> tuple[Tensor, Tensor]:  # (B, H, n, K, V), (B * H, K, V)
    """Return the state before each chunk and after the last; S_(n+1) = step_n S_n + added_n."""
    found = []
    # unbind, not step[:, n]: backward of a slice would fill a whole tensor with zeros each time.
    pairs = zip(step.flatten(0, 1).unbind(1), added.flatten(0, 1).unbind(1), strict=True)
    for one, more in pairs:
        found.append(state)
        state = torch.baddbmm(more, one, state)
    return torch.stack(found, 1).unflatten(0, step.shape[:2]), state
