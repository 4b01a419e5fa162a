"""Decoding one Gaussian per lattice cell from the cell's feature (GaussianCross, decoder G)."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from pcv.config.pretexts import GaussianCrossConfig
from pcv.nn.lattice import Lattice
from pcv.render import Gaussians

FIRST_SCALE = 0.35  # scale at the start of training, as a share of a cell
FIRST_OPACITY = 0.5  # logit of the first opacity: above the threshold, else nothing would be drawn
SHRINK = 0.1  # factor on the heads' first weights
SCALE_RANGE = (-4.0, 2.0)  # limits of the logarithm of the scale divided by its first value


class Decoded(NamedTuple):
    """The Gaussians of one cloud."""

    gaussians: Gaussians  # channels: colour (3), then features
    share: float  # share of the cells that have a Gaussian


class GaussianDecoder(nn.Module):
    """Heads for offset, rotation, scale, opacity, colour and feature on one hidden layer."""

    def __init__(self, channels: int, config: GaussianCrossConfig) -> None:
        super().__init__()
        self.config = config
        self.trunk = nn.Sequential(nn.Linear(channels, config.hidden), nn.ReLU())
        widths = {"offset": 3, "rotation": 4, "scale": 3, "opacity": 1, "colour": 3,
                  "feature": config.features}  # fmt: skip
        self.heads = nn.ModuleDict({n: nn.Linear(config.hidden, w) for n, w in widths.items()})
        with torch.no_grad():
            for name, head in self.heads.items():
                assert isinstance(head, nn.Linear)
                head.weight.mul_(SHRINK)
                head.bias.zero_()
                if name == "rotation":
                    head.bias[0] = 1.0
                elif name == "opacity":
                    head.bias.fill_(FIRST_OPACITY)

    def forward(self, feature: Tensor, lattice: Lattice) -> list[Decoded]:
        """Decode the cells of every cloud, and prune faint Gaussians.

        Where fewer than ``config.keep_at_least`` are opaque enough, the most opaque are kept: with
        none left there would never be a gradient again.

        Args:
            feature: (B, XYZ, C), cells in the order of ``lattice.anchors()``.
            lattice: The positions and sizes of the cells.
        """
        hidden = self.trunk(feature.float())
        raw = {name: head(hidden) for name, head in self.heads.items()}
        cell = lattice.cell[:, None]
        mean = lattice.anchors() + torch.tanh(raw["offset"]) * self.config.reach * cell
        scale = raw["scale"].clamp(*SCALE_RANGE).exp() * FIRST_SCALE * cell
        opacity = torch.sigmoid(raw["opacity"][..., 0])
        channels = torch.cat([torch.sigmoid(raw["colour"]), raw["feature"]], -1)
        parts = (mean, raw["rotation"], scale, opacity, channels)
        return [self._prune(Gaussians(*each)) for each in zip(*parts, strict=True)]

    def _prune(self, gaussians: Gaussians) -> Decoded:
        opacity = gaussians.opacity.detach()
        kept = (opacity > self.config.prune).nonzero()[:, 0]
        least = min(self.config.keep_at_least, len(opacity))
        if len(kept) < least:
            kept = opacity.topk(least).indices.sort().values
        found = Gaussians(*(part[kept] for part in gaussians))
        return Decoded(found, len(kept) / len(opacity))
