"""State-space blocks: the chunked scan beside the recurrence, and a step's cost against tokens."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pcv.nn.gated_delta import GatedDeltaBlock, GatedDeltaConfig
from pcv.nn.transformer import Block
from pcv.ops import gated_delta_rule
from tests.benchmarks.harness import Call, Comparison, Peer, Setting

WIDTH, HEADS, KEY, VALUE, HIDDEN = 128, 2, 32, 64, 256
TOKENS = (1 << 10, 1 << 12, 1 << 13, 1 << 14, 1 << 15, 1 << 16)
RECURRENCE, ATTENTION = 1 << 13, 1 << 14  # the longest that a peer is asked for
REFERENCE = 1 << 12  # what the time a token at the longest is compared with


def scan_inputs(tokens: int, device: str) -> list[Tensor]:
    """Queries, keys, values, decays and betas as a layer makes them."""
    draw = torch.Generator().manual_seed(0)

    def random(*shape: int) -> Tensor:
        return torch.randn(1, tokens, HEADS, *shape, generator=draw)

    parts = [F.normalize(random(KEY), dim=-1), F.normalize(random(KEY), dim=-1), random(VALUE),
             -0.1 * random().abs(), random().sigmoid()]  # fmt: skip
    return [part.to(device).requires_grad_() for part in parts]


def recurrence(*parts: Tensor) -> Tensor:
    """The definition, token by token."""
    query, key, value, log_decay, beta = (part.unbind(1) for part in parts)
    state = parts[2].new_zeros((1, HEADS, KEY, VALUE))
    out = []
    for q, k, v, g, b in zip(query, key, value, log_decay, beta, strict=True):
        state = g.exp()[..., None, None] * state
        write = b[..., None] * (v - (state * k[..., None]).sum(2))
        state = state + k[..., None] * write[:, :, None]
        out.append((state * q[..., None]).sum(2) * KEY**-0.5)
    return torch.stack(out, 1)


def step(forward: Callable[[], Tensor], weights: list[Tensor]) -> Call:
    """Forward and backward; returns what forward found."""

    def run(_: int) -> Tensor:
        for weight in weights:
            weight.grad = None
        found = forward()
        found.sum().backward()
        return found.detach()

    return run


def same(ours: Tensor, theirs: Tensor) -> str:
    return f"differs by {float((ours - theirs).abs().max()):.0e} of {float(theirs.abs().max()):.2f}"


def cases(setting: Setting) -> Iterator[Comparison]:
    device = "cuda" if torch.cuda.is_available() else "cpu"
    for tokens in (1 << 10, RECURRENCE):
        parts = scan_inputs(tokens, device)
        ours = step(lambda p=parts: gated_delta_rule(*p, backend="torch"), parts)
        theirs = step(lambda p=parts: recurrence(*p), parts)
        size = f"{tokens:,} tokens, {HEADS} heads of {KEY} x {VALUE}, forward + backward, {device}"
        peer = Peer("token by token", theirs, agrees=same)
        rounds = 3 if tokens == RECURRENCE else 9
        yield Comparison("gated delta rule", size, ours, [peer], 5.0, rounds=rounds)
    yield from blocks(device)


def blocks(device: str) -> Iterator[Comparison]:
    """One block, forward and backward, beside a block of attention; and what a token costs."""
    config = GatedDeltaConfig(WIDTH, HEADS, KEY, VALUE, backend="torch")
    torch.manual_seed(0)
    ours = GatedDeltaBlock(config, HIDDEN, bidirectional=False).to(device)
    theirs = Block(WIDTH, HEADS, VALUE, HIDDEN).to(device)
    for tokens in TOKENS:
        rows = torch.randn(1, tokens, WIDTH).to(device)
        run = step(lambda r=rows: ours.perceive(r + ours.mix(r)), list(ours.parameters()))
        peer = (
            Peer("attention of the same width", _attention(theirs, rows), units=tokens)
            if tokens <= ATTENTION or device == "cuda"
            else Peer("attention of the same width", why=f"minutes beyond {ATTENTION:,} tokens")
        )
        # Where attention is left out, ours runs beside itself at the reference length.
        short = rows[:, :REFERENCE]
        base = step(lambda r=short: ours.perceive(r + ours.mix(r)), list(ours.parameters()))
        peers = [peer]
        if tokens > REFERENCE:
            name = f"itself at {REFERENCE:,} tokens, a token"
            peers.append(Peer(name, base, units=REFERENCE))
        yield Comparison(
            "state-space block, a token", f"{tokens:,} tokens of {WIDTH}, {device}", run, peers,
            0.0 if tokens <= REFERENCE else 1 / 1.2, units=tokens,
            rounds=9 if tokens <= REFERENCE else 5, note=_note,
        )  # fmt: skip


def _attention(block: nn.Module, rows: Tensor) -> Call:
    return step(lambda: block(rows), list(block.parameters()))


def _note() -> str:
    """The largest memory so far, of the device or of the process."""
    if torch.cuda.is_available():
        most = torch.cuda.max_memory_allocated() / 2**20
    else:
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    return f"at most {most:.0f} MiB so far"
