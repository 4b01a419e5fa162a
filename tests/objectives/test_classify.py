"""Supervised classification."""

import pytest
import torch
from torch.nn import functional as F

from pcv.clip import ClipBatch
from pcv.config.encoder import P4TransformerConfig, PSTNetConfig
from pcv.config.supervised import ClassifyConfig
from pcv.encoders import build_encoder
from pcv.objectives.classify import Classify


def make(**changes):
    torch.manual_seed(0)
    encoder = build_encoder(PSTNetConfig(width=1 / 16, radius=0.3))
    return Classify(ClassifyConfig(**({"hidden": 8} | changes)), encoder, frames=8, classes=3)


def clips(label=(0, 1, 2, 1)):
    points = torch.rand(4, 8, 64, 3, generator=torch.Generator().manual_seed(0))
    return ClipBatch(points, torch.tensor(label), torch.arange(4))


@pytest.mark.parametrize("read", ["max", "mean+max", "segments", "tokens"])
@pytest.mark.parametrize("segment_frames", [4, 0])
@pytest.mark.parametrize("hidden", [8, 0])
def test_scores(read, segment_frames, hidden):
    objective = make(read=read, segment_frames=segment_frames, hidden=hidden).eval()
    assert objective.guess(clips()).scores.shape == (4, 3)


def test_segments_are_encoded_alone_then_mean_over_points_and_max_over_segments():
    objective = make().eval()
    batch = clips()
    segments = [objective.encoder(batch.points[:, t : t + 4]).feature for t in (0, 4)]
    pooled = torch.stack([s.mean(2)[:, 0] for s in segments]).amax(0)
    assert torch.allclose(objective.guess(batch).scores, objective.head(pooled), atol=1e-5)


def test_loss_and_accuracy():
    objective = make(label_smoothing=0.1).eval()
    total, parts = objective(clips())
    scores = objective.guess(clips()).scores
    assert torch.allclose(total, F.cross_entropy(scores, clips().label, label_smoothing=0.1))
    assert parts["accuracy"] == (scores.argmax(1) == clips().label).float().mean()


def test_dropout_is_random_in_training_alone():
    objective = make(dropout=0.5)
    first, second = objective.guess(clips()).scores, objective.guess(clips()).scores
    assert not torch.equal(first, second)
    objective.eval()
    assert torch.equal(objective.guess(clips()).scores, objective.guess(clips()).scores)


def test_labels_are_needed_to_learn_not_to_score():
    objective = make().eval()
    unlabelled = clips((0, 1, 2, -1))
    assert objective.guess(unlabelled).scores.shape == (4, 3)
    with pytest.raises(ValueError, match="without a label"):
        objective(unlabelled)


def test_p4transformer_classifies_whole_clips_by_its_tokens():
    encoder = P4TransformerConfig(
        name="p4transformer", width=1 / 32, radius=0.5, neighbours=4, spatial_stride=8, depth=1,
        heads=2, head_channels=8, mlp=16,
    )  # fmt: skip
    config = ClassifyConfig(hidden=8, segment_frames=0, read="tokens")
    objective = Classify(config, build_encoder(encoder), frames=8, classes=3)
    pooled = objective.encoder(clips().points).feature.flatten(1, 2).amax(1)
    objective.eval()
    assert torch.allclose(objective.guess(clips()).scores, objective.head(pooled), atol=1e-5)
    objective(clips()).total.backward()
    assert all(parameter.grad is not None for parameter in objective.parameters())
