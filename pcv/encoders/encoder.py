"""What every encoder has, whether it reads clips or scenes."""

from __future__ import annotations

from torch import nn

from pcv.clip import ClipBatch, Superpoints
from pcv.config.encoder import EncoderConfig


class Encoder(nn.Module):
    """A network that turns points into features.

    Attributes:
        width: Channels per feature.
        config: The section of the recipe from which it was built.
        traceable: Whether ``torch.export`` can trace it.
    """

    width: int
    traceable: bool = True
    config: EncoderConfig

    def describe(self, batch: ClipBatch) -> Superpoints:
        """Return the superpoints of a batch; an encoder of scenes has one for every point.

        Raises:
            ValueError: The points lack a channel that the encoder reads.
        """
        raise NotImplementedError
