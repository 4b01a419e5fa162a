"""The training loop. It knows steps only: epochs, logging and checkpoints are the caller's task."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
from torch import nn
from torch.optim import Optimizer

from pcv.clip import ClipBatch, Losses
from pcv.errors import DivergedError, InputError, one_line
from pcv.train.device import device_of, to_device
from pcv.train.optim import set_learning_rate

Precision = Literal["float32", "bfloat16"]


@dataclass
class TrainState:
    """What resuming needs, apart from torch's random state."""

    objective: nn.Module  # has .encoder; forward(ClipBatch) -> Losses
    optimizer: Optimizer
    step: int = 0  # number of optimiser steps done


class FitPlan(NamedTuple):
    """How to train."""

    steps: int  # training ends when state.step has reached this
    learning_rate: Callable[[int], float]  # from the step, counted from 0, to the learning rate
    clip_norm: float = 0.0  # largest gradient norm; 0: no clipping
    precision: Precision = "float32"


def fit(
    state: TrainState,
    batches: Iterable[ClipBatch],
    plan: FitPlan,
    *,
    after_step: Callable[[int, Losses], None] = lambda step, losses: None,
    stop: Callable[[], bool] = lambda: False,
) -> bool:
    """Train until the batches end, ``plan.steps`` is reached or ``stop`` returns true.

    Only the objective uses torch's random state: drawing a batch leaves it as it was, so that a run
    resumed inside an epoch repeats the uninterrupted run.

    Args:
        state: Objective, optimiser and step; it is changed in place.
        batches: At most one batch is drawn per step, and none after the last step.
        plan: Length, learning rate, clipping and precision.
        after_step: Called after each step with the number of steps done and the step's losses.
        stop: Called before every step.

    Returns:
        Whether ``stop`` ended training.

    Raises:
        DivergedError: A loss or a gradient is infinite or NaN, or a matrix of the objective cannot
            be decomposed; the weights are those before that step.
        InputError: The device cannot compute in ``plan.precision``.
    """
    state.objective.train()
    device = device_of(state.objective)
    batches = iter(batches)
    while state.step < plan.steps:
        if stop():
            return True
        with torch.random.fork_rng(devices=[]):
            batch = next(batches, None)
        if batch is None:
            return False
        set_learning_rate(state.optimizer, plan.learning_rate(state.step))
        try:
            with autocast(device, plan.precision):
                losses: Losses = state.objective(to_device(batch, device))
        except torch.linalg.LinAlgError as error:  # type: ignore[attr-defined]  # it is public
            raise DivergedError(
                f"step {state.step}: {one_line(error)}; lower optim.lr, add warm-up or set "
                "optim.clip_norm"
            ) from None
        _check(losses, state.step)
        losses.total.backward()
        _clip(state, plan.clip_norm)
        state.optimizer.step()
        state.optimizer.zero_grad(set_to_none=True)
        state.step += 1
        after_step(state.step, losses)
    return False


def autocast(
    device: torch.device, precision: Precision
) -> contextlib.AbstractContextManager[object]:
    """Return the context in which the forward pass runs.

    Raises:
        InputError: The device has no bfloat16.
    """
    if precision == "float32":
        return contextlib.nullcontext()
    if device.type == "cuda" and not torch.cuda.is_bf16_supported():
        name = torch.cuda.get_device_name(device)
        raise InputError(
            f"train.precision: {name} has no bfloat16; use --set train.precision=float32"
        )
    return torch.autocast(device.type, dtype=torch.bfloat16)


def _check(losses: Losses, step: int) -> None:
    if math.isfinite(losses.total.item()):
        return
    parts = ", ".join(f"{name} {value.item():.4g}" for name, value in losses.parts.items())
    raise DivergedError(
        f"step {step}: the loss is {losses.total.item()} ({parts}); "
        "lower optim.lr, add warm-up or set optim.clip_norm"
    )


def _clip(state: TrainState, clip_norm: float) -> None:
    """Clip the gradient, unless ``clip_norm`` is 0, and refuse one that is not finite."""
    parameters = list(state.objective.parameters())
    if clip_norm > 0:
        norm = nn.utils.clip_grad_norm_(parameters, clip_norm)
    else:
        norm = nn.utils.get_total_norm([p.grad for p in parameters if p.grad is not None])
    if not math.isfinite(norm.item()):
        state.optimizer.zero_grad(set_to_none=True)
        raise DivergedError(
            f"step {state.step}: the gradient norm is {norm.item()}; lower optim.lr or add warm-up"
        )
