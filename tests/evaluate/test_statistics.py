import pytest
import torch

from pcv.clip import ClipBatch
from pcv.config.encoder import PSTNetConfig
from pcv.config.supervised import ClassifyConfig
from pcv.encoders import build_encoder
from pcv.evaluate.statistics import kept_statistics, recompute_statistics
from pcv.nn.running_statistics import normalisations
from pcv.objectives.classify import Classify


def model(dropout: float = 0.5) -> Classify:
    torch.manual_seed(0)
    encoder = build_encoder(PSTNetConfig(width=1 / 32, radius=0.5))
    config = ClassifyConfig(segment_frames=0, hidden=8, dropout=dropout)
    return Classify(config, encoder, frames=4, classes=3)


def batches(count: int = 2) -> list[ClipBatch]:
    draw = torch.Generator().manual_seed(1)
    clips = torch.rand(count, 3, 4, 32, 3, generator=draw) * 2
    return [ClipBatch(c, torch.zeros(3).long(), torch.arange(3)) for c in clips]


def test_what_was_seen_is_normalised_and_nothing_else_changes() -> None:
    objective = model().train()
    weights = {name: value.clone() for name, value in objective.named_parameters()}
    assert recompute_statistics(objective, batches(1)) == 3
    assert objective.training
    assert all(norm.training and norm.momentum == 0.1 for norm in normalisations(objective))
    assert all(torch.equal(value, weights[name]) for name, value in objective.named_parameters())
    # With the statistics of one batch, that batch is told in eval mode as in training mode.
    one = batches(1)[0]
    told = objective.eval().guess(one).scores
    for norm in normalisations(objective):
        norm.train()
    torch.testing.assert_close(objective.guess(one).scores, told, rtol=0.2, atol=0.1)


def test_nothing_is_random_and_batches_count_alike() -> None:
    one, other = model(), model()
    recompute_statistics(one, batches())
    torch.rand(7)
    recompute_statistics(other, batches()[::-1])
    for first, second in zip(normalisations(one), normalisations(other), strict=True):
        torch.testing.assert_close(first.running_mean, second.running_mean)
    first = normalisations(one)[0]
    means = []
    for batch in batches():
        recompute_statistics(other, [batch])
        means.append(normalisations(other)[0].running_mean.clone())
    torch.testing.assert_close(first.running_mean, torch.stack(means).mean(0))


def test_a_failure_leaves_momentum_and_mode_as_they_were() -> None:
    objective = model().train()
    with pytest.raises(AttributeError):
        recompute_statistics(objective, [None])
    assert objective.training
    assert all(norm.momentum == 0.1 and norm.training for norm in normalisations(objective))


def test_statistics_come_back() -> None:
    objective = model()
    before = {name: value.clone() for name, value in objective.named_buffers()}
    with kept_statistics(objective):
        recompute_statistics(objective, batches())
        mean = "encoder.layers.0.norm.running_mean"
        assert not torch.equal(objective.state_dict()[mean], before[mean])
    assert all(torch.equal(value, before[name]) for name, value in objective.named_buffers())


def test_a_model_without_statistics_is_left_alone() -> None:
    class Bare(Classify):
        def __init__(self) -> None:
            torch.nn.Module.__init__(self)

    assert recompute_statistics(Bare(), batches()) == 0
