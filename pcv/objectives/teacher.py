"""A slowly moving copy of the trained modules, and the schedules of self-distillation."""

from __future__ import annotations

import copy
import math
from typing import Generic, TypeVar

import torch
from torch import Tensor, nn


def half_cosine(first: float, last: float, done: float) -> float:
    """Go from the first value to the last along half a cosine, as ``done`` goes from 0 to 1."""
    return last + (first - last) * 0.5 * (1 + math.cos(math.pi * min(max(done, 0.0), 1.0)))


def warmed(first: float, last: float, share: float, done: float) -> float:
    """Go from the first value to the last along a line until ``done`` is ``share``; stay there."""
    return last if done >= share else first + (last - first) * done / share


Student = TypeVar("Student", bound=nn.Module)


class MovingTeacher(nn.Module, Generic[Student]):
    """An exponential moving average of a module, without gradients.

    At the first step it becomes a copy of the student, so that it also gets weights that were
    loaded into the student after both were built.
    """

    module: Student
    steps: Tensor  # () int64, number of steps so far

    def __init__(self, student: Student) -> None:
        super().__init__()
        self.module = copy.deepcopy(student).requires_grad_(False)
        self.register_buffer("steps", torch.zeros((), dtype=torch.int64))

    @torch.no_grad()
    def follow(self, student: nn.Module, momentum: float) -> None:
        """Move towards the student; at the first call, become its copy."""
        keep = momentum if int(self.steps) else 0.0
        for mine, new in zip(self.module.parameters(), student.parameters(), strict=True):
            mine.lerp_(new.detach(), 1 - keep)
        for kept, fresh in zip(self.module.buffers(), student.buffers(), strict=True):
            kept.copy_(fresh)
        self.steps += 1
