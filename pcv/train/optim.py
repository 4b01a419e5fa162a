"""Optimisers: which parameters decay, and which learning rate each gets."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from pcv.config.training import OptimConfig


def build_optimizer(objective: nn.Module, config: OptimConfig) -> Optimizer:
    """Build the optimiser of an objective.

    Biases and all parameters with one axis or none, such as scales of norms, do not decay.
    Parameters of ``objective.encoder`` get ``config.encoder_lr`` times the learning rate. Frozen
    parameters are left out.

    Raises:
        ValueError: No parameter can be trained.
    """
    groups = [group for group in _groups(objective, config) if group["params"]]
    if not groups:
        raise ValueError("the objective has no parameter that requires a gradient")
    if config.name == "adamw":
        return torch.optim.AdamW(groups, lr=config.lr)
    return torch.optim.SGD(groups, lr=config.lr, momentum=config.momentum)


def set_learning_rate(optimizer: Optimizer, value: float) -> None:
    """Set the learning rate of every group to ``value`` times the group's own ``lr_scale``."""
    for group in optimizer.param_groups:
        group["lr"] = value * group.get("lr_scale", 1.0)


def _groups(objective: nn.Module, config: OptimConfig) -> list[dict[str, Any]]:
    groups: dict[tuple[bool, bool], dict[str, Any]] = {}
    for encoder in (True, False):
        for decays in (True, False):
            groups[encoder, decays] = {
                "params": [],
                "weight_decay": config.weight_decay if decays else 0.0,
                "lr_scale": config.encoder_lr if encoder else 1.0,
            }
    for name, parameter in objective.named_parameters():
        if parameter.requires_grad:
            decays = parameter.ndim > 1 and not name.endswith("bias")
            groups[name.startswith("encoder."), decays]["params"].append(parameter)
    return list(groups.values())
