import pytest
import torch
from torch import nn

from pcv.objectives.teacher import MovingTeacher, half_cosine, warmed


def test_the_first_time_it_is_a_copy_and_then_it_lags():
    student = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    teacher = MovingTeacher(student)
    with torch.no_grad():
        student[0].weight.fill_(1.0)  # weights that were loaded after it was built
    teacher.follow(student, 0.9)
    assert (teacher.module[0].weight == 1).all()
    with torch.no_grad():
        student[0].weight.fill_(2.0)
        student[1].running_mean.fill_(5.0)
    teacher.follow(student, 0.9)
    torch.testing.assert_close(teacher.module[0].weight, torch.full((2, 2), 1.1))
    assert (teacher.module[1].running_mean == 5).all()
    assert not any(p.requires_grad for p in teacher.parameters())
    assert int(teacher.steps) == 2


def test_the_count_of_steps_is_saved_with_it():
    student = nn.Linear(1, 1)
    teacher, other = MovingTeacher(student), MovingTeacher(student)
    teacher.follow(student, 0.5)
    other.load_state_dict(teacher.state_dict())
    assert int(other.steps) == 1


def test_schedules():
    assert half_cosine(0.9, 1.0, 0) == pytest.approx(0.9)
    assert half_cosine(0.9, 1.0, 0.5) == pytest.approx(0.95)
    assert half_cosine(0.9, 1.0, 2) == pytest.approx(1.0)
    assert warmed(0.04, 0.07, 0.1, 0) == pytest.approx(0.04)
    assert warmed(0.04, 0.07, 0.1, 0.05) == pytest.approx(0.055)
    assert warmed(0.04, 0.07, 0.1, 0.1) == warmed(0.04, 0.07, 0, 0) == pytest.approx(0.07)
