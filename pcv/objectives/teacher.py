"""A slow copy of what is trained, and the schedules of self-distillation."""

from __future__ import annotations

import copy
import math
from typing import Generic, TypeVar

import torch
from torch import Tensor, nn


def half_cosine(first: float, last: float, done: float) -> float:
    """Go from the first value to the last along half a cosine; ``done`` from 0 to 1."""
    return last + (first - last) * 0.5 * (1 + math.cos(math.pi * min(max(done, 0.0), 1.0)))


def warmed(first: float, last: float, share: float, done: float) -> float:
    """Go from the first value to the last along a line, and stay there after ``share``."""
    return last if done >= share else first + (last - first) * done / share


Student = TypeVar("Student", bound=nn.Module)


class MovingTeacher(nn.Module, Generic[Student]):
    """An exponential moving average of a module, without gradients.

    Before the first step it is a copy, so that weights loaded into the student after both were
    built reach it too.
    """

    module: Student
    steps: Tensor  # () int64, of the student so far

    def __init__(self, student: Student) -> None:
        super().__init__()
        self.module = copy.deepcopy(student).requires_grad_(False)
        self.register_buffer("steps", torch.zeros((), dtype=torch.int64))

    @torch.no_grad()
    def follow(self, student: nn.Module, momentum: float) -> None:
        """Move towards the student; the first time, to it."""
        keep = momentum if int(self.steps) else 0.0
        for mine, new in zip(self.module.parameters(), student.parameters(), strict=True):
            mine.lerp_(new.detach(), 1 - keep)
        for kept, fresh in zip(self.module.buffers(), student.buffers(), strict=True):
            kept.copy_(fresh)
        self.steps += 1
