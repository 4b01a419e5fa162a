"""Objects of scenes: the class of each point, and its offset to the middle of its object."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pcv.clip import IGNORED, ClipBatch, Logits, Losses
from pcv.config.supervised import SceneInstancesConfig
from pcv.encoders import SceneEncoder
from pcv.nn.heads import RowNorm
from pcv.objectives.objective import Sizes, Supervised


class SceneInstances(Supervised):
    """PointGroup: a linear head for classes and a perceptron for offsets, on every point's feature.

    The published network also scores clusters by a second U-Net; here the confidence of a cluster
    is the mean probability of its class.
    """

    main_score = "ap50"

    def __init__(
        self, config: SceneInstancesConfig, encoder: SceneEncoder, *, classes: int
    ) -> None:
        super().__init__()
        self.config: SceneInstancesConfig = config
        self.encoder: SceneEncoder = encoder
        width = encoder.width
        self.head = nn.Linear(width, classes)
        self.offset = nn.Sequential(
            nn.Linear(width, width), RowNorm(width), nn.ReLU(), nn.Linear(width, 3)
        )

    @classmethod
    def build(
        cls, config: SceneInstancesConfig, encoder: SceneEncoder, sizes: Sizes
    ) -> SceneInstances:
        """Build the objective; see ``Objective``."""
        return cls(config, encoder, classes=sizes.classes)

    def guess(self, batch: ClipBatch) -> Logits:
        """Return logits (B, T, N, classes) and offsets (B, T, N, 3) in the unit of the points.

        Raises:
            ValueError: The points lack a channel that the encoder reads.
        """
        feature = self.encoder.point_features(batch)
        return Logits(self.head(feature), self.offset(feature))

    def forward(self, batch: ClipBatch) -> Losses:
        """Return cross-entropy plus the L1 and the negative cosine of offsets of objects' points.

        Raises:
            ValueError: The points have no labels or no instances.
        """
        if batch.point_label is None or batch.point_instance is None:
            raise ValueError("scenes without labels and instances of points cannot be learned from")
        found = self.guess(batch)
        assert found.offset is not None
        logits, offset = found.scores.float(), found.offset.float()
        label = batch.point_label.flatten()
        known = (label != IGNORED).sum().clamp(min=1)
        scores = logits.flatten(0, 2)
        semantic = F.cross_entropy(scores, label, ignore_index=IGNORED, reduction="sum") / known
        wanted, counts = self.wanted(batch)
        gap = (offset - wanted).abs().sum(-1)
        near = F.cosine_similarity(offset, wanted, dim=-1)
        number = counts.sum().clamp(min=1)
        length, direction = (gap * counts).sum() / number, -(near * counts).sum() / number
        config = self.config
        total = semantic + config.offset_weight * length + config.direction_weight * direction
        right = ((scores.argmax(1) == label) & (label != IGNORED)).sum() / known
        parts = {"loss": total, "semantic": semantic, "offset_l1": length,
                 "direction": direction, "point_accuracy": right}  # fmt: skip
        return Losses(total, {name: value.detach() for name, value in parts.items()})

    def wanted(self, batch: ClipBatch) -> tuple[Tensor, Tensor]:
        """Return the true offsets to the middles of objects, and which points have an object.

        Returns:
            (B, T, N, 3) in the unit of the points, and (B, T, N) bool.
        """
        assert batch.point_instance is not None
        assert batch.point_label is not None
        points = batch.points.float().flatten(0, 1)  # (B T, N, 3)
        instance = batch.point_instance.flatten(0, 1)
        stuff = torch.tensor(self.config.stuff, device=points.device, dtype=torch.int64)
        label = batch.point_label.flatten(0, 1)
        counts = (instance >= 0) & (label != IGNORED) & ~torch.isin(label, stuff)
        most = int(instance.max()) + 2
        index = torch.where(counts, instance, most - 1)  # the last one stands for no object
        summed = points.new_zeros(len(points), most, 3)
        summed.scatter_add_(1, index[..., None].expand(-1, -1, 3), points)
        number = points.new_zeros(len(points), most).scatter_add_(
            1, index, torch.ones_like(points[..., 0])
        )
        middle = (summed / number.clamp(min=1)[..., None]).gather(
            1, index[..., None].expand(-1, -1, 3)
        )
        shape = batch.points.shape
        return (middle - points).reshape(shape), counts.reshape(shape[:3])
