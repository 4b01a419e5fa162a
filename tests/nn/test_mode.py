"""Eval mode that ends."""

import pytest
from torch import nn

from pcv.nn.mode import evaluating


@pytest.mark.parametrize("training", [True, False])
def test_the_mode_comes_back(training: bool) -> None:
    module = nn.Sequential(nn.Dropout()).train(training)
    with evaluating(module):
        assert not module.training
        assert not module[0].training
    assert module.training == module[0].training == training


def test_the_mode_comes_back_after_a_failure() -> None:
    module = nn.Dropout().train()
    with pytest.raises(KeyError), evaluating(module):
        raise KeyError
    assert module.training
