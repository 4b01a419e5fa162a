"""Supervised segmentation."""

import pytest
import torch
from torch.nn import functional as F

from pcv.clip import ClipBatch
from pcv.config.encoder import P4TransformerConfig, PSTNetConfig
from pcv.config.supervised import SegmentationConfig
from pcv.encoders import build_encoder
from pcv.objectives.segmentation import Segmentation

PSTNET = PSTNetConfig(width=1 / 32, radius=0.3)
P4 = P4TransformerConfig(
    name="p4transformer", form="scene", width=1 / 32, radius=0.3, neighbours=8, depth=1, heads=2,
    head_channels=8, mlp=16,
)  # fmt: skip


def make(encoder=PSTNET, **changes):
    torch.manual_seed(0)
    return Segmentation(SegmentationConfig(**changes), build_encoder(encoder), classes=3)


def clips(frames=4, points=128):
    draw = torch.Generator().manual_seed(0)
    cloud = torch.rand(2, frames, points, 3, generator=draw)
    label = (cloud[..., 0] * 3).long()
    label[:, :, ::5] = -1
    return ClipBatch(cloud, torch.full((2,), -1), torch.arange(2), point_label=label)


@pytest.mark.parametrize("encoder", [PSTNET, P4], ids=["pstnet", "p4transformer"])
def test_every_point_has_scores_and_every_parameter_learns(encoder):
    objective = make(encoder)
    assert objective.guess(clips()).scores.shape == (2, 4, 128, 3)
    objective(clips()).total.backward()
    for name, parameter in objective.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name


def test_the_loss_is_weighted_and_leaves_ignored_points_out():
    objective = make(class_weights=(1.0, 2.0, 4.0)).eval()
    batch = clips()
    total, parts = objective(batch)
    known = batch.point_label >= 0
    scores, label = objective.guess(batch).scores[known], batch.point_label[known]
    each = F.cross_entropy(scores, label, reduction="none")
    weight = torch.tensor([1.0, 2.0, 4.0])[label]
    assert torch.allclose(total, (each * weight).sum() / (known.sum() + 1))
    assert parts["point_accuracy"] == (scores.argmax(1) == label).float().mean()
    other = batch.point_label.clone()
    other[:, :, 1::5] = -1
    assert not torch.allclose(total, objective(batch._replace(point_label=other)).total)


def test_a_clip_without_a_known_point_costs_nothing():
    batch = clips()
    nothing = batch._replace(point_label=torch.full_like(batch.point_label, -1))
    total, parts = make()(nothing)
    assert (total.item(), parts["point_accuracy"].item()) == (0, 0)


def test_segments_are_encoded_alone():
    objective, points = make(segment_frames=4).eval(), clips(8).points

    def scores(some):
        return objective.guess(clips()._replace(points=some)).scores

    halves = [scores(part) for part in points.split(4, 1)]
    assert torch.allclose(scores(points), torch.cat(halves, 1), atol=1e-5)
    with pytest.raises(ValueError, match="not a multiple"):
        scores(points[:, :6])


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match="2 weights, but the store has 3"):
        make(class_weights=(1.0, 2.0))
    with pytest.raises(ValueError, match="without point labels"):
        make()(clips()._replace(point_label=None))
    action = P4.model_copy(update={"form": "action"})
    with pytest.raises(ValueError, match="no decoder"):
        make(action)


def test_it_learns_where_points_are():
    objective, batch = make(P4), clips()
    optimiser = torch.optim.AdamW(objective.parameters(), 1e-2)
    for _ in range(30):
        losses = objective(batch)
        optimiser.zero_grad()
        losses.total.backward()
        optimiser.step()
    assert losses.parts["point_accuracy"] > 0.6  # by chance: 0.33
