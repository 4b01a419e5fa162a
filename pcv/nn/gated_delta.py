"""Gated DeltaNet blocks over sequences of tokens (Yang et al., ICLR 2025)."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pcv.ops import gated_delta_rule, gated_delta_scan
from pcv.ops.gated_delta_rule import Backend, chosen

STEPS = (1e-3, 0.1)  # range of the first values of softplus, log-uniform
DECAY = 16.0  # the largest first value of a rate
PIECE = 1 << 13  # tokens at a time: their intermediate tensors fit memory that is used again


class GatedDeltaConfig(NamedTuple):
    """Sizes of a layer."""

    channels: int  # of a token
    heads: int
    key_channels: int  # of a head
    value_channels: int  # of a head
    convolution: int = 0  # tokens that a causal convolution joins; 0: no convolution
    backend: Backend = "auto"


class GatedDelta(nn.Module):
    """Tokens write to and read from a state that decays; causal, for sequences of any length.

    Keys and queries have unit length; the output of a head is normalised and gated.
    """

    def __init__(self, config: GatedDeltaConfig) -> None:
        super().__init__()
        self.config = config
        keys, values = config.heads * config.key_channels, config.heads * config.value_channels
        self.sizes = [keys, keys, values]
        self.mix_in = nn.Linear(config.channels, 2 * keys + values, bias=False)
        self.gates = nn.Linear(config.channels, 2 * config.heads, bias=False)
        self.gate_out = nn.Linear(config.channels, values, bias=False)
        self.norm = nn.RMSNorm(config.value_channels, eps=1e-5)
        self.mix_out = nn.Linear(values, config.channels, bias=False)
        joined, width = 2 * keys + values, config.convolution
        self.join = nn.Conv1d(joined, joined, width, groups=joined, bias=False) if width else None
        rate = torch.empty(config.heads).uniform_(0, DECAY).clamp(min=1e-4)
        low, high = map(math.log, STEPS)
        step = torch.empty(config.heads).uniform_(low, high).exp()
        self.log_rate = nn.Parameter(rate.log())
        self.step_bias = nn.Parameter(step + torch.log(-torch.expm1(-step)))  # inverse of softplus

    def forward(self, tokens: Tensor) -> Tensor:  # (S, n, C) -> (S, n, C)
        if chosen(self.config.backend, tokens) == "fla":
            query, key, value, log_decay, beta = self._parts(self._joined(tokens), tokens)
            read = gated_delta_rule(query, key, value, log_decay, beta, backend="fla")
            return self._out(read, tokens)
        if self.join is not None:
            return self._out(gated_delta_scan(self._parts(self._joined(tokens), tokens))[0], tokens)
        found, state = [], None
        for piece in pieces(tokens):
            read, state = gated_delta_scan(self._parts(self.mix_in(piece), piece), state)
            found.append(self._out(read, piece))
        return torch.cat(found, 1)

    def _joined(self, tokens: Tensor) -> Tensor:
        mixed = self.mix_in(tokens)
        if self.join is None:
            return mixed
        before = F.pad(mixed.transpose(1, 2), (self.config.convolution - 1, 0))
        return self.join(before).transpose(1, 2)

    def _parts(self, mixed: Tensor, tokens: Tensor) -> list[Tensor]:
        """Return query, key, value, log_decay and beta of all heads."""
        query, key, value = (
            part.unflatten(2, (self.config.heads, -1))
            for part in F.silu(mixed).split(self.sizes, 2)
        )
        step, beta = self.gates(tokens).float().chunk(2, -1)
        log_decay = -self.log_rate.float().exp() * F.softplus(step + self.step_bias.float())
        unit = (F.normalize(part, dim=-1) for part in (query, key))
        return [*unit, value, log_decay, beta.sigmoid()]

    def _out(self, read: Tensor, tokens: Tensor) -> Tensor:
        gate = F.silu(self.gate_out(tokens)).unflatten(2, (self.config.heads, -1))
        return self.mix_out((self.norm(read.float()) * gate).flatten(2))


def pieces(
    tokens: Tensor,  # (S, n, C)
) -> tuple[Tensor, ...]:  # (S, m, C) each
    """Cut long sequences: on a CPU, newly allocated memory costs a fault per page."""
    if tokens.device.type != "cpu":
        return (tokens,)
    return tokens.split(max(1, PIECE // max(1, len(tokens))), 1)


class GatedDeltaBlock(nn.Module):
    """A gated delta layer and a two-layer perceptron, each normalised before and added after.

    ``bidirectional`` adds a second layer, with its own weights, that reads from the end.
    """

    def __init__(self, config: GatedDeltaConfig, hidden: int, *, bidirectional: bool) -> None:
        super().__init__()
        channels = config.channels
        self.norm_mixer = nn.LayerNorm(channels)
        self.mixer = GatedDelta(config)
        self.back = GatedDelta(config) if bidirectional else None
        self.norm_mlp = nn.LayerNorm(channels)
        self.mlp = nn.Sequential(
            nn.Linear(channels, hidden), nn.GELU(), nn.Linear(hidden, channels)
        )

    def mix(self, tokens: Tensor) -> Tensor:  # (S, n, C) -> (S, n, C)
        """Apply the gated delta layers along the sequence, without the residual."""
        tokens = torch.cat([self.norm_mixer(part) for part in pieces(tokens)], 1)
        found = self.mixer(tokens)
        if self.back is not None:
            found = found + self.back(tokens.flip(1)).flip(1)
        return found

    def perceive(self, tokens: Tensor) -> Tensor:  # (S, n, C) -> (S, n, C)
        """Apply the perceptron to each token, with the residual."""
        parts = [part + self.mlp(self.norm_mlp(part)) for part in pieces(tokens)]
        return torch.cat(parts, 1)
