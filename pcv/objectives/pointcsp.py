"""PointCSP: cross-sample semantic propagation by self-distillation (arXiv 2605.01759).

It follows the abstract and third-party notes; what they leave open is a key of its recipe. For the
word view in recipe keys see ``pcv.objectives.crops``.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pcv.clip import ClipBatch, Losses, Regions
from pcv.config.pretexts import PointCSPConfig
from pcv.encoders import RowEncoder
from pcv.encoders.inputs import CHANNELS
from pcv.losses.clustering import centred, entropies, sinkhorn
from pcv.losses.spread import spread
from pcv.objectives.crops import Change, Crops, Shape, cut, hide, nearest_share
from pcv.objectives.drift import DriftMonitor
from pcv.objectives.objective import Objective, Sizes
from pcv.objectives.teacher import MovingTeacher, half_cosine, warmed
from pcv.ops import nearest


class Head(nn.Module):
    """Map tokens to logits over prototypes: cosines of a perceptron's output with each (DINO)."""

    def __init__(self, width: int, hidden: int, channels: int, prototypes: int) -> None:
        super().__init__()
        self.mlp = nn.Sequential(
            nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, hidden), nn.GELU(),
            nn.Linear(hidden, channels),
        )  # fmt: skip
        self.prototypes = nn.Parameter(torch.randn(prototypes, channels))

    def forward(self, tokens: Tensor) -> Tensor:  # (..., C) -> (..., K), cosines
        unit = F.normalize(self.mlp(tokens), dim=-1)
        return unit @ F.normalize(self.prototypes, dim=-1).to(unit.dtype).T


class _Student(nn.Module):
    """The modules that are trained and that the teacher follows."""

    def __init__(self, encoder: RowEncoder, head: Head) -> None:
        super().__init__()
        self.encoder, self.head = encoder, head


class _Seen(NamedTuple):
    """The student's outputs for crops of one kind."""

    logits: Tensor  # (V, B, L, K), or (V, B, K) of whole regions
    origin: Tensor  # (V, B, L, 3)
    geometry: Tensor  # ()
    tokens: Tensor  # (V, B, L, C)


class PointCSP(Objective):
    """A student's crops of scenes agree with a slow teacher's global crops, joined to sequences.

    A candidate region of each clip is chosen, and global and local crops are cut from it. Crop v of
    all scenes makes one sequence; two crops of one scene are never in one sequence. In ``dense``
    flavour each token agrees with the teacher's token whose original position is nearest; in
    ``crop`` flavour crops agree as a whole. A light decoder at every layer predicts the positions
    of hidden points: it would read those of shown points off its input (``geometry_hidden: 0``
    keeps that as a monitor).

    Attributes:
        total: Number of steps of the whole run, for the schedules.
    """

    centre: Tensor  # (K,)

    def __init__(self, config: PointCSPConfig, encoder: RowEncoder, *, total: int = 1) -> None:
        super().__init__()
        self.config: PointCSPConfig = config
        self.encoder: RowEncoder = encoder
        self.total = total
        self.head = Head(encoder.width, config.head_hidden, config.head_channels, config.prototypes)
        self.decoders = nn.ModuleList(
            nn.Sequential(nn.LayerNorm(encoder.width), nn.Linear(encoder.width, 3))
            for _ in encoder.blocks
        )
        self.teacher = MovingTeacher(_Student(encoder, self.head))
        self.drift = DriftMonitor(config.monitor_every)
        self.register_buffer("centre", torch.zeros(config.prototypes))

    @property
    def done(self) -> float:
        """The share of the run that is done, from 0 to 1."""
        return min(1.0, int(self.teacher.steps) / max(1, self.total))

    @classmethod
    def build(cls, config: PointCSPConfig, encoder: RowEncoder, sizes: Sizes) -> PointCSP:
        """Build the objective; see ``Objective``."""
        return cls(config, encoder, total=sizes.total)

    def forward(self, batch: ClipBatch) -> Losses:
        """Return the loss, and monitors of collapse and of batch drift.

        Raises:
            ValueError: The points lack a channel that the encoder reads, or crops would have too
                few points.
        """
        config = self.config
        if self.training:
            keep = half_cosine(*config.momentum, self.done)
            self.teacher.follow(_Student(self.encoder, self.head), keep)
        kinds = self.cut(self.encoder.regions(batch))
        targets, raw = self._targets(kinds[0])
        seen = [self._look(crops) for crops in kinds]
        agreement = self._agreement(seen, targets, kinds[0].origin)
        weights = torch.tensor([float(crops.origin.shape[0]) for crops in kinds])
        geometry = sum(w * s.geometry for w, s in zip(weights / weights.sum(), seen, strict=True))
        total = agreement + config.geometry_weight * geometry
        if self.training and config.targets == "centring":
            self._recentre(raw)
        parts = {"loss": total, "agreement": agreement, "geometry": torch.as_tensor(geometry)}
        rows = F.normalize(seen[0].tokens.detach().float().flatten(0, -2), dim=-1)
        parts |= spread(rows) | entropies(targets.flatten(0, -2))
        parts["batch_drift"] = self.drift(self.encoder, kinds[0].regions)
        return Losses(total, {name: value.detach() for name, value in parts.items()})

    @torch.no_grad()
    def cut(self, scene: Regions) -> list[Crops]:
        """Draw the crops of one step by torch's generator: global ones, then local ones.

        Args:
            scene: The whole scenes, as one region each: (1, B, N, 3) and (1, B, N, F).

        Raises:
            ValueError: The scenes have too few points.
        """
        config = self.config
        parts = [nearest_share(position.cpu(), config.region) for position in scene.position[0]]
        shapes = [Shape(config.global_views, config.global_share, config.global_points, True)]
        if config.local_views:
            local = Shape(config.local_views, config.local_share, config.local_points, False)
            shapes.append(local)
        return [cut(scene, parts, shape, self._change()) for shape in shapes]

    def _change(self) -> Change:
        config, at, where = self.config, 0, {}
        for name in self.encoder.config.channels_read:
            where[name] = slice(at, at + CHANNELS[name])
            at += CHANNELS[name]
        none = slice(0, 0)
        return Change(
            config.rotate, config.scale, config.jitter, config.colour_jitter,
            where.get("colour", none), where.get("normal", none),
        )  # fmt: skip

    @torch.no_grad()
    def _targets(self, crops: Crops) -> tuple[Tensor, Tensor]:
        """Return targets shaped like ``_Seen.logits``, and the teacher's logits as rows (n, K)."""
        config, teacher = self.config, self.teacher.module
        tokens = teacher.encoder.encode(crops.regions, config.mode)
        raw = teacher.head(tokens.mean(2) if config.flavour == "crop" else tokens).float()
        rows = raw.flatten(0, -2)
        temperature = warmed(*config.teacher_temperature, config.teacher_warmup, self.done)
        if config.targets == "sinkhorn":
            found = sinkhorn(rows, temperature, config.sinkhorn_iterations)
        else:
            found = centred(rows, self.centre, temperature)
        return found.reshape(raw.shape), rows

    @torch.no_grad()
    def _recentre(self, rows: Tensor) -> None:
        self.centre.lerp_(rows.mean(0), 1 - self.config.centre_momentum)

    def _look(self, crops: Crops) -> _Seen:
        config = self.config
        hidden = hide(crops.regions.position, config.geometry_hidden)
        layers = self.encoder.trace(crops.regions, config.mode, hidden)
        tokens = self.encoder.norm(layers[-1])
        logits = self.head(tokens.mean(2) if config.flavour == "crop" else tokens)
        geometry = self._geometry(crops.regions, layers[1:], hidden)
        return _Seen(logits.float(), crops.origin, geometry, tokens)

    def _geometry(self, regions: Regions, layers: list[Tensor], hidden: Tensor | None) -> Tensor:
        """Return the mean squared error of positions, of the hidden points if there are any."""
        if not layers:
            return regions.position.new_zeros(())
        asked = (
            torch.ones(regions.position.shape[:3], dtype=torch.bool) if hidden is None else hidden
        )
        # As many points in every region: each has a random score, and those not asked for are last.
        score = torch.rand(regions.position.shape[:3]).to(regions.position.device)
        most = int(asked.sum(-1).min())
        count = min(self.config.geometry_points, most)
        chosen = score.masked_fill(~asked.to(score.device), -1.0).topk(count, -1).indices
        index = chosen[..., None]
        truth = self.encoder.local_positions(regions.position, hidden).gather(
            2, index.expand(-1, -1, -1, 3)
        )
        losses = [
            F.mse_loss(decoder(layer.gather(2, index.expand(-1, -1, -1, layer.shape[-1]))), truth)
            for decoder, layer in zip(self.decoders, layers, strict=True)
        ]
        return torch.stack(losses).mean()

    def _agreement(self, seen: list[_Seen], targets: Tensor, origin: Tensor) -> Tensor:
        """Average the cross-entropy of student and teacher over pairs of their crops."""
        terms = []
        for kind, one in enumerate(seen):
            log_share = torch.log_softmax(one.logits / self.config.student_temperature, -1)
            for theirs in range(len(targets)):
                for mine in range(len(log_share)):
                    if kind == 0 and mine == theirs and not self.config.same_view:
                        continue
                    pair = (log_share[mine], targets[theirs])
                    if self.config.flavour == "crop":
                        terms.append(-(pair[0] * pair[1]).sum(-1).mean())
                    else:
                        terms.append(self._dense(*pair, one.origin[mine], origin[theirs]))
        return torch.stack(terms).mean()

    def _dense(self, log_share: Tensor, target: Tensor, mine: Tensor, theirs: Tensor) -> Tensor:
        """Average over the tokens (B, L, .) with a teacher's token within the match radius."""
        index, apart = nearest(theirs.float().contiguous(), mine.float().contiguous(), 1)
        met = (apart[..., 0] <= self.config.match_radius).to(log_share.dtype)
        chosen = target.gather(1, index.expand(-1, -1, target.shape[-1]))
        loss = -(chosen * log_share).sum(-1)
        return (loss * met).sum() / met.sum().clamp(min=1)
