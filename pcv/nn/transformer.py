"""Pre-norm transformer blocks over sets of tokens."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F


class Attention(nn.Module):
    """Full self-attention whose heads need not divide the channels.

    Args:
        channels: Channels of a token.
        heads: Number of heads that attend in parallel.
        head_channels: Channels of a head.
        activate: Whether GELU follows the output projection, as in P4Transformer's code.
    """

    def __init__(
        self, channels: int, heads: int, head_channels: int, *, activate: bool = False
    ) -> None:
        super().__init__()
        self.heads = heads
        self.activate = activate
        self.mix_in = nn.Linear(channels, 3 * heads * head_channels, bias=False)
        self.mix_out = nn.Linear(heads * head_channels, channels)

    def forward(self, tokens: Tensor) -> Tensor:  # (B, n, C) -> (B, n, C)
        batch, count, _ = tokens.shape
        mixed = self.mix_in(tokens).reshape(batch, count, 3, self.heads, -1)
        query, key, value = mixed.permute(2, 0, 3, 1, 4)
        found = F.scaled_dot_product_attention(query, key, value)
        out = self.mix_out(found.transpose(1, 2).reshape(batch, count, -1))
        return F.gelu(out) if self.activate else out


class Block(nn.Module):
    """Attention and a two-layer perceptron, each normalised before and added after."""

    def __init__(
        self,
        channels: int,
        heads: int,
        head_channels: int,
        hidden: int,
        *,
        activate: bool = False,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.dropout = dropout
        self.norm_attention = nn.LayerNorm(channels)
        self.attention = Attention(channels, heads, head_channels, activate=activate)
        self.norm_mlp = nn.LayerNorm(channels)
        self.mlp = nn.Sequential(
            nn.Linear(channels, hidden), nn.GELU(), nn.Linear(hidden, channels)
        )

    def forward(self, tokens: Tensor) -> Tensor:  # (B, n, C) -> (B, n, C)
        tokens = tokens + self._drop(self.attention(self.norm_attention(tokens)))
        if not (self.dropout and self.training):
            return tokens + self.mlp(self.norm_mlp(tokens))
        hidden = self._drop(self.mlp[:2](self.norm_mlp(tokens)))
        return tokens + self._drop(self.mlp[2](hidden))

    def _drop(self, values: Tensor) -> Tensor:
        return F.dropout(values, self.dropout, self.training)
