"""What every encoder has, whatever it reads."""

from __future__ import annotations

from torch import nn

from pcv.clip import ClipBatch, Superpoints
from pcv.config.encoder import EncoderConfig


class Encoder(nn.Module):
    """Points to features.

    Attributes:
        width: Channels of a feature.
        config: The section of the recipe that it was built from.
        traceable: Whether ``torch.export`` can hold it.
    """

    width: int
    traceable: bool = True
    config: EncoderConfig

    def describe(self, batch: ClipBatch) -> Superpoints:
        """Return what the encoder makes of a batch.

        Raises:
            ValueError: The points lack a channel that the encoder reads.
        """
        raise NotImplementedError
