import math

import pytest

from pcv.config.training import OptimConfig
from pcv.train.schedule import build_schedule


def test_warm_up_then_cosine_to_zero() -> None:
    config = OptimConfig(lr=1.0, warmup_epochs=2, warmup_start=0.5)
    rate = build_schedule(config, steps_per_epoch=10, steps=100)
    assert rate(0) == 0.5
    assert rate(10) == 0.75
    assert rate(20) == 1.0
    assert rate(60) == pytest.approx(0.5)
    assert rate(100) == pytest.approx(0.0)
    assert rate(40) == pytest.approx(0.5 * (1 + math.cos(math.pi * 0.25)))


def test_steps_divide_by_ten() -> None:
    config = OptimConfig(lr=1.0, schedule="steps", milestones=(2, 3))
    rate = build_schedule(config, steps_per_epoch=5, steps=50)
    assert [rate(s) for s in (9, 10, 14, 15)] == pytest.approx([1.0, 0.1, 0.1, 0.01])


def test_constant_stays() -> None:
    rate = build_schedule(OptimConfig(lr=0.3, schedule="constant"), steps_per_epoch=1, steps=5)
    assert rate(0) == rate(5) == 0.3


def test_lengths_must_be_positive() -> None:
    with pytest.raises(ValueError, match="positive"):
        build_schedule(OptimConfig(), steps_per_epoch=0, steps=1)
