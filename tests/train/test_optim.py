import pytest
import torch
from torch import nn

from pcv.config.training import OptimConfig
from pcv.train.optim import build_optimizer, set_learning_rate


def toy() -> nn.Module:
    module = nn.Module()
    module.encoder = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
    module.head = nn.Linear(4, 2)
    return module


@pytest.mark.parametrize(("name", "kind"), [("adamw", torch.optim.AdamW), ("sgd", torch.optim.SGD)])
def test_matrices_decay_and_the_rest_does_not(name: str, kind: type) -> None:
    optimizer = build_optimizer(toy(), OptimConfig(name=name, weight_decay=0.3))
    assert isinstance(optimizer, kind)
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            assert group["weight_decay"] == (0.3 if parameter.ndim > 1 else 0.0)


def test_the_encoder_has_a_rate_of_its_own() -> None:
    module = toy()
    optimizer = build_optimizer(module, OptimConfig(encoder_lr=0.1))
    set_learning_rate(optimizer, 2.0)
    inside = {id(p) for p in module.encoder.parameters()}
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            assert group["lr"] == pytest.approx(0.2 if id(parameter) in inside else 2.0)


def test_frozen_parameters_are_left_out() -> None:
    module = toy()
    module.encoder.requires_grad_(False)
    optimizer = build_optimizer(module, OptimConfig())
    assert sum(len(g["params"]) for g in optimizer.param_groups) == 2
    module.requires_grad_(False)
    with pytest.raises(ValueError, match="no parameter"):
        build_optimizer(module, OptimConfig())
