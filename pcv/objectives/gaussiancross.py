"""GaussianCross (Yao et al., ACM MM 2025): points are encoded so as to draw images of them."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from pcv.clip import ClipBatch, Losses, Views
from pcv.config.pretexts import GaussianCrossConfig
from pcv.encoders import VoxelEncoder
from pcv.encoders.inputs import point_inputs
from pcv.nn.dense_unet import DenseUNet
from pcv.nn.heads import predictor
from pcv.nn.image_statistics import CHANNELS, image_statistics
from pcv.nn.lattice import fit_lattice, scatter_mean
from pcv.objectives.gaussian_decoder import Decoded, GaussianDecoder
from pcv.objectives.objective import Objective, Sizes
from pcv.render import RASTERISERS, Cameras, RasterOptions

COLOURS = 3


class Drawn(NamedTuple):
    """Images of the Gaussians of a batch from its cameras."""

    colour: Tensor  # (B, V, H, W, 3)
    feature: Tensor  # (B, V, H, W, F)
    depth: Tensor  # (B, V, H, W) metres
    alpha: Tensor  # (B, V, H, W)
    share: float  # mean share of the cells that have a Gaussian


class GaussianCross(Objective):
    """Encode half of a scene's points, decode Gaussians, draw them and compare with real images.

    The features of the occupied voxels are averaged into a dense lattice over the scene, a 3D CNN
    fills the empty cells, and each cell becomes a Gaussian with a colour and a feature. Only the
    encoder is kept after pretraining.

    Raises:
        ValueError: The encoder has no voxels.
    """

    def __init__(self, config: GaussianCrossConfig, encoder: VoxelEncoder) -> None:
        super().__init__()
        if "voxels" not in encoder.config.offers:
            raise ValueError("objective gaussiancross needs encoder.name sparseunet")
        self.config: GaussianCrossConfig = config
        self.encoder: VoxelEncoder = encoder
        self.dense = DenseUNet(encoder.width, config.dense, config.dense_out)
        self.decoder = GaussianDecoder(config.dense_out, config)
        hidden = (config.projector_hidden,) if config.projector_hidden else ()
        self.projector = predictor(config.features, hidden, config.teacher_channels or CHANNELS)

    @classmethod
    def build(
        cls, config: GaussianCrossConfig, encoder: VoxelEncoder, sizes: Sizes
    ) -> GaussianCross:
        """Build the objective; see ``Objective``."""
        return cls(config, encoder)

    def forward(self, batch: ClipBatch) -> Losses:
        """Return the weighted losses of all views, and the share of cells that are drawn.

        Raises:
            ValueError: The clips have no views, or the teacher's features are missing or have
                another width.
        """
        if batch.views is None:
            raise ValueError("clips without posed images cannot be learned from; set data.views")
        config, views = self.config, batch.views
        drawn = self.draw(batch)
        parts = {
            "colour": (drawn.colour - views.colour).abs().mean(),
            "depth": masked_l1(drawn.depth, views.depth),
            "semantic": self._semantic(drawn.feature, views),
        }
        weights = (config.colour_weight, config.depth_weight, config.semantic_weight)
        total = torch.stack(
            [weight * part for weight, part in zip(weights, parts.values(), strict=True)]
        ).sum()
        monitors = {name: part.detach() for name, part in parts.items()}
        return Losses(total, {"loss": total.detach()} | monitors | {
            "alpha": drawn.alpha.mean().detach(), "drawn_cells": total.new_tensor(drawn.share),
        })  # fmt: skip

    def gaussians(self, batch: ClipBatch) -> list[Decoded]:
        """Return the Gaussians of every clip; in training, from a random half of its points."""
        points = batch.points.flatten(1, 2)
        inputs = point_inputs(batch, self.encoder.config.channels_read).flatten(1, 2)
        lattice = fit_lattice(points, self.config.lattice, self.config.normalisation)
        if self.training and self.config.mask:
            points, inputs = keep_some(points, inputs, 1 - self.config.mask)
        clips, count, _ = points.shape
        cloud = torch.arange(clips, device=points.device).repeat_interleave(count)
        found = self.encoder.voxels(points.flatten(0, 1), inputs.flatten(0, 1), cloud)
        dense = scatter_mean(lattice, found.position, found.cloud, found.feature)
        refined = self.dense(dense).flatten(2).transpose(1, 2)
        with torch.autocast(points.device.type, enabled=False):
            return self.decoder(refined, lattice)

    def draw(self, batch: ClipBatch) -> Drawn:
        """Return what the cameras of a batch see of its Gaussians."""
        assert batch.views is not None
        views, decoded = batch.views, self.gaussians(batch)
        height, width = views.depth.shape[2:]
        rasterise = RASTERISERS[self.config.rasteriser]
        options = RasterOptions(alpha_cap=self.config.alpha_cap)
        found = []
        for one, matrix, intrinsics in zip(
            decoded, views.world_to_camera, views.intrinsics, strict=True
        ):
            found.append(
                rasterise(one.gaussians, Cameras(matrix, intrinsics, height, width), options)
            )
        channels = torch.stack([image.channels for image in found])
        expected = self.config.depth == "expected"
        depth = [image.expected_depth() if expected else image.depth for image in found]
        return Drawn(
            channels[..., :COLOURS],
            channels[..., COLOURS:],
            torch.stack(depth),
            torch.stack([image.alpha for image in found]),
            sum(one.share for one in decoded) / len(decoded),
        )

    def _semantic(self, feature: Tensor, views: Views) -> Tensor:
        """Return 1 - cosine of projected and teacher's features, on the coarser of both grids."""
        wanted = self._teacher(views)
        drawn = feature.flatten(0, 1).movedim(-1, 1)
        wanted = wanted.movedim(-1, 1)
        size = (min(drawn.shape[2], wanted.shape[2]), min(drawn.shape[3], wanted.shape[3]))
        drawn, wanted = (F.adaptive_avg_pool2d(part, size) for part in (drawn, wanted))
        projected = self.projector(drawn.movedim(1, -1).flatten(0, 2))
        similarity = F.cosine_similarity(projected.float(), wanted.movedim(1, -1).flatten(0, 2))
        return 1 - similarity.mean()

    def _teacher(self, views: Views) -> Tensor:  # (B V, h, w, D)
        if self.config.teacher == "image-statistics":
            return image_statistics(views.colour.flatten(0, 1), self.config.teacher_cell)
        if views.feature is None:
            raise ValueError("the clips come without a teacher's features; set data.teacher")
        width = views.feature.shape[-1]
        if width != self.config.teacher_channels:
            raise ValueError(
                f"the teacher's features have {width} channels, but objective.teacher_channels is "
                f"{self.config.teacher_channels}"
            )
        return views.feature.flatten(0, 1).float()


def masked_l1(
    depth: Tensor,  # (...)
    wanted: Tensor,  # (...), 0: not measured
) -> Tensor:  # ()
    """Return the mean absolute error where there is a measurement; 0 if there is none at all."""
    known = wanted > 0
    return ((depth - wanted).abs() * known).sum() / known.sum().clamp(min=1)


def keep_some(
    points: Tensor,  # (B, P, 3)
    inputs: Tensor,  # (B, P, F)
    share: float,
) -> tuple[Tensor, Tensor]:  # (B, n, 3), (B, n, F)
    """Keep a random share of each cloud's points, at least one, by torch's generator."""
    clouds, count, _ = points.shape
    kept = max(1, round(count * share))
    order = torch.rand(clouds, count, device=points.device).argsort(1)[:, :kept, None]
    return (
        points.gather(1, order.expand(-1, -1, 3)),
        inputs.gather(1, order.expand(-1, -1, inputs.shape[2])),
    )
