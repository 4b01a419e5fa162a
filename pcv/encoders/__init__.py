"""Encoders: clips to superpoints, one a file."""

from __future__ import annotations

from typing import Any

from pcv.config.encoder import AnyEncoderConfig
from pcv.encoders.encoder import Encoder
from pcv.encoders.p4transformer import P4Transformer
from pcv.encoders.pstnet import PSTNet
from pcv.encoders.serial import Serial
from pcv.encoders.sparse_unet import SparseUNet

SceneEncoder = Serial | SparseUNet  # those that read colours and normals
ENCODERS: dict[str, Any] = {
    "pstnet": PSTNet,
    "p4transformer": P4Transformer,
    "serial": Serial,
    "sparseunet": SparseUNet,
}


def build_encoder(config: AnyEncoderConfig) -> Encoder:
    """Build the encoder that a recipe names, with random weights from torch's generator."""
    encoder: Encoder = ENCODERS[config.name](config)
    return encoder


__all__ = ["ENCODERS", "Encoder", "SceneEncoder", "Serial", "SparseUNet", "build_encoder"]
