"""PointCSP's encoder: gated delta-rule state spaces that read the points of scenes in a row."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from pcv.clip import ClipBatch, Regions
from pcv.config.encoder import SerialConfig
from pcv.encoders.scenes import Mode, PointwiseClips, RowEncoder
from pcv.nn.gated_delta import GatedDeltaBlock, GatedDeltaConfig
from pcv.nn.point_mlp import PointMLP, neighbours_of
from pcv.nn.serialise import permute, restore, token_order

INPUT_CHANNELS = {"xyz": 3, "colour": 3, "normal": 3}


class Serial(RowEncoder, PointwiseClips):
    """A residual point MLP, then state-space blocks: every point is a token of ``width`` channels.

    The mode ``cross`` joins the points of one crop of each scene to one sequence, so that the state
    is carried from scene to scene (PointCSP: cross-sample semantic propagation). The mode
    ``single`` gives every crop a sequence of its own. Both use the same weights and differ in a
    reshape only. In training, shuffles are drawn from torch's generator; else they are the same
    every time.
    """

    traceable = False  # the number of scenes decides in how many pieces they are read

    def __init__(self, config: SerialConfig) -> None:
        super().__init__()
        self.config: SerialConfig = config
        self.width = config.channels
        inputs = sum(INPUT_CHANNELS[name] for name in config.inputs)
        self.stem = PointMLP(
            inputs, config.channels, blocks=config.stem_blocks, neighbours=config.neighbours,
            norm=config.norm,
        )  # fmt: skip
        self.unknown = nn.Parameter(torch.zeros(INPUT_CHANNELS["xyz"]))  # replaces a hidden xyz
        layer = GatedDeltaConfig(
            config.channels, config.heads, config.key_channels, config.value_channels,
            config.convolution, config.backend,
        )  # fmt: skip
        self.blocks = nn.ModuleList(
            GatedDeltaBlock(layer, config.mlp, bidirectional=config.bidirectional)
            for _ in range(config.depth)
        )
        self.norm = nn.LayerNorm(config.channels)

    def trace(self, regions: Regions, mode: Mode, hidden: Tensor | None = None) -> list[Tensor]:
        """Return the residual tokens (V, B, L, C) after the stem and after every block."""
        crops, samples, length, _ = regions.position.shape
        position = self.local_positions(regions.position, hidden)
        if hidden is not None:  # no part of the encoder may use them
            position = position.masked_fill(hidden[..., None], 0)
        tokens = self._stem(position, regions.feature, hidden)
        found = [tokens.unflatten(0, (crops, samples))]
        joined = samples if mode == "cross" else 1
        tokens = tokens.reshape(-1, joined * length, self.width)
        position = position.reshape(-1, joined, length, 3)
        for number, block in enumerate(self.blocks):
            order = token_order(
                position, self.config.order, self.config.order_scope, self._generator(number)
            )
            assert isinstance(block, GatedDeltaBlock)
            mixed = restore(block.mix(permute(tokens, order)), order)
            tokens = block.perceive(tokens + mixed)
            found.append(tokens.reshape(crops, samples, length, self.width))
        return found

    def _generator(self, number: int) -> torch.Generator | None:
        return None if self.training else torch.Generator().manual_seed(number)

    def local_positions(
        self,
        position: Tensor,  # (V, B, L, 3)
        hidden: Tensor | None = None,  # (V, B, L) bool
    ) -> Tensor:  # (V, B, L, 3)
        """Return positions relative to the middle of their region, as ``config.normalise`` says.

        Hidden points do not count for the middle and the radius of a region.
        """
        position = position.float()
        seen = (
            torch.ones_like(position[..., :1]) if hidden is None else (~hidden)[..., None].float()
        )
        middle = (position * seen).sum(-2, keepdim=True) / seen.sum(-2, keepdim=True).clamp(min=1)
        position = position - middle
        if self.config.normalise == "centre":
            return position
        radius = (position * seen).norm(dim=-1, keepdim=True).amax(-2, keepdim=True)
        return position / radius.clamp(min=1e-6)

    def _stem(self, position: Tensor, feature: Tensor, hidden: Tensor | None) -> Tensor:
        if "xyz" in self.config.inputs:
            known = position
            if hidden is not None:
                known = torch.where(hidden[..., None], self.unknown.to(position.dtype), position)
            feature = torch.cat([known, feature.to(position.dtype)], -1)
        flat = position.flatten(0, 1)
        index = neighbours_of(
            flat, self.config.neighbours, None if hidden is None else hidden.flatten(0, 1)
        )
        return self.stem(flat, feature.flatten(0, 1), index)

    def regions(self, batch: ClipBatch) -> Regions:
        """Return a batch as regions: every frame of every clip is one crop of a scene.

        Raises:
            ValueError: The points lack a channel that ``config.inputs`` names.
        """
        given = {"colour": batch.point_colour, "normal": batch.point_normal}
        features = [batch.points[..., :0]]
        for name in self.config.inputs:
            if name == "xyz":
                continue
            value = given[name]
            if value is None:
                raise ValueError(f"the encoder reads {name}, but the points have none")
            features.append(value.float() / 127.5 - 1 if name == "colour" else value.float())
        return Regions(
            batch.points.flatten(0, 1)[None], torch.cat(features, -1).flatten(0, 1)[None]
        )

    def point_features(self, batch: ClipBatch) -> Tensor:  # (B, T, N, C)
        """Return the token of every point, in mode ``single``.

        Raises:
            ValueError: The points lack a channel that ``config.inputs`` names.
        """
        tokens = self.encode(self.regions(batch), "single")[0]
        return tokens.reshape(*batch.points.shape[:3], -1)

    @property
    def has_statistics(self) -> bool:
        """Whether the stem has batch normalisation."""
        return self.config.norm == "batch"
