"""Encoders: clips to superpoints, one a file."""

from __future__ import annotations

from pcv.config import EncoderConfig
from pcv.encoders.pstnet import PSTNet

ENCODERS: dict[str, type[PSTNet]] = {"pstnet": PSTNet}


def build_encoder(config: EncoderConfig) -> PSTNet:
    """Build the encoder that a recipe names, with random weights from torch's generator."""
    return ENCODERS[config.name](config)


__all__ = ["ENCODERS", "build_encoder"]
