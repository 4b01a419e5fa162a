"""State-space blocks: the chunked scan beside the recurrence, and a step's cost against tokens.

``python -m tests.benchmarks.bench_state_space ours 65536`` (or ``attention``) prints the memory of
one step. Attention takes minutes for long sequences: ``--seconds 16`` times 32,768 tokens, 64 all.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pcv.nn.gated_delta import GatedDeltaBlock, GatedDeltaConfig
from pcv.nn.transformer import Block
from pcv.ops import gated_delta_rule
from tests.benchmarks.harness import Call, Comparison, Peer, Setting
from tests.benchmarks.memory import peak, print_peak

WIDTH, HEADS, KEY, VALUE, HIDDEN = 128, 2, 32, 64, 256
TOKENS = (1 << 10, 1 << 12, 1 << 13, 1 << 14, 1 << 15, 1 << 16)
RECURRENCE, ATTENTION = 1 << 13, 1 << 14  # the longest that a peer is asked for
NAMES, ATTENDING = ("ours", "attention"), "attention of the same width"
SECONDS = 4.0  # of a comparison, for which attention is asked for as many; it grows with the square
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
    patience = (setting.seconds / SECONDS) ** 0.5
    yield from blocks(device, TOKENS[-1] if device == "cuda" else int(ATTENTION * patience))


def blocks(device: str, longest: int) -> Iterator[Comparison]:
    """One block, forward and backward, beside a block of attention; and what a token costs."""
    ours, theirs = (block(name).to(device) for name in ("ours", "attention"))
    for tokens in TOKENS:
        rows = torch.randn(1, tokens, WIDTH).to(device)
        mib = [
            partial(peak, "state_space", name, str(tokens)) if device == "cpu" else None
            for name in NAMES
        ]
        peer = Peer(ATTENDING, block_step(theirs, rows), units=tokens, mib=mib[1])
        if tokens > longest:
            seconds = SECONDS * (tokens / ATTENTION) ** 2
            peer = Peer(ATTENDING, why=f"takes minutes: --seconds {seconds:g}")
        one = partial(
            Comparison, "state-space block, a token", f"{tokens:,} tokens of {WIDTH}, {device}",
            block_step(ours, rows), units=tokens, mib=mib[0],
        )  # fmt: skip
        few = 2 if tokens > ATTENTION and device == "cpu" else 5
        yield one(peers=[peer], aim=0.0, rounds=few if tokens > REFERENCE else 9)
        if tokens > REFERENCE:
            base = block_step(ours, rows[:, :REFERENCE])
            itself = Peer(f"itself at {REFERENCE:,} tokens, a token", base, units=REFERENCE)
            yield one(peers=[itself], aim=1 / 1.2, rounds=9)


def block(name: str) -> nn.Module:
    """A block of either kind and of one width."""
    torch.manual_seed(0)
    if name == "attention":
        return Block(WIDTH, HEADS, VALUE, HIDDEN)
    config = GatedDeltaConfig(WIDTH, HEADS, KEY, VALUE, backend="torch")
    return GatedDeltaBlock(config, HIDDEN, bidirectional=False)


def block_step(block: nn.Module, rows: Tensor) -> Call:
    """Forward and backward of (1, n, WIDTH)."""
    if isinstance(block, GatedDeltaBlock):
        return step(lambda: block.perceive(rows + block.mix(rows)), list(block.parameters()))
    return step(lambda: block(rows), list(block.parameters()))


def main(name: str, tokens: int) -> None:
    """Print the memory of one step of a block."""
    torch.set_num_threads(1)
    rows, chosen = torch.randn(1, tokens, WIDTH), block(name)
    small, whole = (block_step(chosen, part) for part in (rows[:, :64], rows))
    print_peak(partial(small, 1), partial(whole, 1))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
