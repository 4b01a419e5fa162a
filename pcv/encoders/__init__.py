"""Encoders turn points into features: one encoder per file, and a protocol for clips and scenes."""

from __future__ import annotations

from pcv.config.encoder import EncoderConfig
from pcv.encoders.clips import ClipEncoder
from pcv.encoders.encoder import Encoder
from pcv.encoders.scenes import RowEncoder, SceneEncoder, VoxelEncoder
from pcv.plugins import imported


def build_encoder(config: EncoderConfig) -> Encoder:
    """Build the encoder that a section describes, with random weights from torch's generator.

    Raises:
        PluginError: The package that registers the encoder names a class that it does not have.
    """
    return imported(config.builds, Encoder)(config)


__all__ = [
    "ClipEncoder", "Encoder", "RowEncoder", "SceneEncoder", "VoxelEncoder", "build_encoder",
]  # fmt: skip
