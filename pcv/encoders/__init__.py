"""Encoders: points to features, one encoder a file, behind two protocols: of clips, of scenes."""

from __future__ import annotations

from pcv.config.encoder import EncoderConfig
from pcv.encoders.clips import ClipEncoder
from pcv.encoders.encoder import Encoder
from pcv.encoders.scenes import RowEncoder, SceneEncoder, VoxelEncoder
from pcv.plugins import imported


def build_encoder(config: EncoderConfig) -> Encoder:
    """Build the encoder of a recipe's section, with random weights from torch's generator.

    Raises:
        PluginError: A package that registers the encoder names a class that is not there.
    """
    return imported(config.builds, Encoder)(config)


__all__ = [
    "ClipEncoder", "Encoder", "RowEncoder", "SceneEncoder", "VoxelEncoder", "build_encoder",
]  # fmt: skip
