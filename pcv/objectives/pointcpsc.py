"""PointCPSC: point contrastive prediction with semantic clustering (Sheng et al., ICCV 2023)."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pcv.clip import ClipBatch, Losses, Superpoints
from pcv.config.pretexts import PointCPSCConfig
from pcv.encoders import ClipEncoder
from pcv.encoders.segments import encode_segments
from pcv.losses import prototypes
from pcv.losses.bank import Bank
from pcv.losses.contrast import Candidates, Contrast, contrast
from pcv.losses.spread import spread
from pcv.nn.heads import RowNorm, predictor
from pcv.nn.position import SpaceTimeEmbedding
from pcv.nn.transformer import Block
from pcv.objectives.objective import Objective, Sizes
from pcv.ops import interpolate, nearest


class Owners(NamedTuple):
    """The videos and subjects from which n embeddings come."""

    video: Tensor  # (n,) int64
    subject: Tensor  # (n,) int64, -1 where unknown


class PointCPSC(Objective):
    """Predict the superpoints of a clip's last segment from the segments before it (section 3).

    Segments are encoded one by one. A transformer reads the superpoints of all segments but the
    last; its outputs for the last of these are carried to the target's positions by the three
    nearest neighbours, and a predictor follows. If a batch has a second augmentation, the target is
    encoded from that: it has the same points in the same order, so that the positions of its
    anchors are read from the first.
    """

    def __init__(
        self, config: PointCPSCConfig, encoder: ClipEncoder, *, frames: int, points: int
    ) -> None:
        super().__init__()
        width = config.channels
        self.config: PointCPSCConfig = config
        self.encoder: ClipEncoder = encoder
        if frames < 2 * config.segment_frames:
            raise ValueError(
                f"{frames} frames leave no context before a last segment of "
                f"{config.segment_frames} frames"
            )
        projection = nn.Linear(encoder.width, width, bias=config.projector == "linear")
        self.projector = (
            projection
            if config.projector == "linear"
            else nn.Sequential(projection, RowNorm(width, affine=False))
        )
        self.position = SpaceTimeEmbedding(width)
        self.autoregressor = nn.Sequential(
            *(
                Block(
                    width,
                    config.autoregressor_heads,
                    config.autoregressor_head_channels,
                    config.autoregressor_mlp,
                )
                for _ in range(config.autoregressor_depth)
            )
        )
        self.predictor = predictor(width, config.predictor_hidden, width)
        length, anchors = encoder.superpoints(config.segment_frames, points)
        unit = length * anchors if config.bank_unit == "clip" else 1
        self.bank = Bank(config.bank_size * unit, width)
        if config.prototypes:
            shape = (config.prototypes, width)
            self.target_prototypes = nn.Parameter(torch.randn(shape) / width**0.5)
            self.predicted_prototypes = nn.Parameter(torch.randn(shape) / width**0.5)
            self.prototype_predictor = predictor(width, (width,), width)

    @classmethod
    def build(cls, config: PointCPSCConfig, encoder: ClipEncoder, sizes: Sizes) -> PointCPSC:
        """Build the objective; see ``Objective``."""
        return cls(config, encoder, frames=sizes.frames, points=sizes.points)

    def forward(self, batch: ClipBatch) -> Losses:
        """Return the total of equation 9, its parts, and values that show a collapse."""
        context, position, target = self._embed(batch)
        prediction = self._predict(context, position)
        with torch.autocast(batch.points.device.type, enabled=False):
            return self._losses(batch, context.float(), prediction.float(), target.float())

    def _losses(
        self, batch: ClipBatch, context: Tensor, prediction: Tensor, target: Tensor
    ) -> Losses:
        if self.config.stop_gradient_target:
            target = target.detach()
        owner = Owners(batch.video, self._subjects(batch))
        local = self._contrast(owner, prediction, target, context)
        parts = {"contrast": local}
        total = local
        if self.config.prototypes:
            aligned, diverged = self._cluster(prediction, target)
            parts |= {"prototypes": aligned, "assignment": diverged}
            total = (
                local
                + self.config.prototype_weight * aligned
                + self.config.assignment_weight * diverged
            )
        parts |= _monitors(prediction, target)
        parts["bank_fill"] = torch.tensor(len(self.bank) / max(1, len(self.bank.video)))
        if self.training:
            self._remember(target, owner)
        return Losses(total, {"loss": total.detach()} | {k: v.detach() for k, v in parts.items()})

    def _subjects(self, batch: ClipBatch) -> Tensor:
        unknown = torch.full_like(batch.video, -1)
        subject = unknown if batch.subject is None else batch.subject
        asked = self.config.negative_subjects == "same", self.config.neighbour_subjects == "other"
        if any(asked) and bool((subject < 0).any()):
            raise ValueError(
                "clips whose subject is unknown cannot be paired by subject; set "
                "objective.negative_subjects and objective.neighbour_subjects to any"
            )
        return subject

    def _embed(self, batch: ClipBatch) -> tuple[Tensor, Tensor, Tensor]:
        """Return context (B, S-1, L, M, C), positions (B, S, L, M, 3) and target (B, L, M, C)."""
        length = self.config.segment_frames
        points = self.encoder.inputs(batch)
        if batch.second is None:
            found = encode_segments(self.encoder, points, length)
            feature = self.projector(found.feature)
            return feature[:, :-1], found.position, feature[:, -1]
        if not self.encoder.prefix_anchors:
            raise ValueError(
                "a second augmentation needs encoder.anchors: prefix, which keeps points aligned"
            )
        clips, frames = batch.points.shape[:2]
        cut = frames - length
        shape = (-1, length, *points.shape[2:])
        second = self.encoder.inputs(batch._replace(points=batch.second))
        both = torch.cat([points[:, :cut].reshape(shape), second[:, cut:].reshape(shape)])
        mixed: Superpoints = self.encoder(both)
        feature = self.projector(mixed.feature)
        context = feature[:-clips].reshape(clips, -1, *feature.shape[1:])
        before = mixed.position[:-clips].reshape(clips, -1, *mixed.position.shape[1:])
        here = self._anchors(batch.points[:, cut:], mixed.position.shape)
        return context, torch.cat([before, here[:, None]], 1), feature[-clips:]

    def _anchors(self, points: Tensor, shape: torch.Size) -> Tensor:  # (B, L, M, 3)
        """Take the target's prefix anchors from the first augmentation, without encoding it."""
        frames = self.encoder.anchor_frames(points.shape[1])
        return points[:, frames.to(points.device), : shape[2]]

    def _predict(self, context: Tensor, position: Tensor) -> Tensor:  # (B, L, M, C)
        batch, _, length, count, width = context.shape
        embedded = self.position(position)[:, :-1]
        tokens = self.autoregressor((context + embedded).reshape(batch, -1, width))
        last = tokens.reshape(context.shape)[:, -1].reshape(batch * length, count, width)
        before = position[:, -2].reshape(batch * length, count, 3)
        here = position[:, -1].reshape(batch * length, count, 3)
        index, distance = nearest(before.float(), here.float(), min(3, count))
        moved = interpolate(last, index, distance)
        return self.predictor(moved).reshape(batch, length, count, width)

    def _contrast(
        self, owner: Owners, prediction: Tensor, target: Tensor, context: Tensor
    ) -> Tensor:
        config = self.config
        each = target.shape[1] * target.shape[2]
        query = F.normalize(prediction.float(), dim=-1).flatten(0, 2)
        key = F.normalize(target.float(), dim=-1).flatten(0, 2)
        sets = []
        mine = Owners(*(value.repeat_interleave(each) for value in owner))
        known, *past_owner = self.bank.content()
        if config.negatives != "batch" and len(known):
            repel, attract = self._allowed(mine, Owners(*past_owner))
            sets.append(Candidates(known, repel, True, attract))
        if config.negatives != "bank" or not sets:
            others = ~torch.eye(len(key), dtype=torch.bool, device=key.device)
            if config.negative_subjects == "same":
                others &= mine.subject[:, None] == mine.subject[None]
            sets.append(Candidates(key, others, False))
        own = None
        if config.context_negatives and context.shape[1] > 1:
            past = F.normalize(context[:, :-1].float(), dim=-1).flatten(1, 3)
            anchor = query if config.anchor == "prediction" else key
            own = anchor.unflatten(0, (-1, each)) @ past.transpose(1, 2)  # (B, n, j)
            own = own.flatten(0, 1)
        choice = Contrast(
            config.temperature,
            config.anchor,
            config.negative_ratio,
            config.positive_neighbours,
            config.neighbour_weighting,
        )
        return contrast(query, key, sets, choice, own)

    def _allowed(self, mine: Owners, past: Owners) -> tuple[Tensor, Tensor]:
        """Say which bank entries may repel and which may attract each query: (m, n) bool each."""
        config = self.config
        other = past.video[None] != mine.video[:, None]
        if not config.exclude_same_video:
            other = torch.ones_like(other)
        same = past.subject[None] == mine.subject[:, None]
        repel = other & same if config.negative_subjects == "same" else other
        attract = other & ~same if config.neighbour_subjects == "other" else other
        return repel, attract

    def _cluster(self, prediction: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        config = self.config
        scale, cosine = config.prototype_scale, config.normalise_prototypes
        guess, truth = prediction.float().flatten(1, 2), target.float().flatten(1, 2)
        guess_share = prototypes.assign(
            guess, self.predicted_prototypes, scale=scale, cosine=cosine
        )
        truth_share = prototypes.assign(truth, self.target_prototypes, scale=scale, cosine=cosine)
        moved = self.prototype_predictor(prototypes.update(guess_share, guess))
        aligned = prototypes.align(
            moved,
            prototypes.update(truth_share, truth),
            config.temperature,
            config.prototype_scope,
        )
        if config.stop_gradient_assignment:
            truth_share = truth_share.detach()
        return aligned, prototypes.divergence(guess_share, truth_share)

    @torch.no_grad()
    def _remember(self, target: Tensor, owner: Owners) -> None:
        each = target.shape[1] * target.shape[2]
        key = F.normalize(target.detach().float(), dim=-1).flatten(0, 2)
        self.bank.enqueue(key, *(value.repeat_interleave(each) for value in owner))


@torch.no_grad()
def _monitors(prediction: Tensor, target: Tensor) -> dict[str, Tensor]:
    """Measure how unit targets are spread and how well they are predicted, to show a collapse."""
    guess = F.normalize(prediction.float(), dim=-1).flatten(0, 2)
    truth = F.normalize(target.float(), dim=-1).flatten(0, 2)
    return {"positive_similarity": (guess * truth).sum(1).mean()} | spread(truth)
