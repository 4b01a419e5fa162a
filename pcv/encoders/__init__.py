"""Encoders: clips to superpoints, one a file."""

from __future__ import annotations

from typing import Any

from pcv.config import EncoderConfig, P4TransformerConfig
from pcv.encoders.encoder import Encoder
from pcv.encoders.p4transformer import P4Transformer
from pcv.encoders.pstnet import PSTNet

ENCODERS: dict[str, Any] = {"pstnet": PSTNet, "p4transformer": P4Transformer}


def build_encoder(config: EncoderConfig | P4TransformerConfig) -> Encoder:
    """Build the encoder that a recipe names, with random weights from torch's generator."""
    encoder: Encoder = ENCODERS[config.name](config)
    return encoder


__all__ = ["ENCODERS", "Encoder", "build_encoder"]
