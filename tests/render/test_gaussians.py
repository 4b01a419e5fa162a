"""Rotations and expected depth."""

import torch

from pcv.render import Rendered, rotation
from tests.render.reference import matrix_of


def test_quaternions_rotate():
    quaternion = torch.randn(50, 4, dtype=torch.float64)
    found = rotation(quaternion)
    assert torch.allclose(found, matrix_of(quaternion))
    assert torch.allclose(found @ found.transpose(1, 2), torch.eye(3, dtype=torch.float64))
    assert torch.allclose(torch.linalg.det(found), torch.ones(50, dtype=torch.float64))
    quarter = torch.tensor([0.5**0.5, 0, 0, 0.5**0.5])  # about z: x goes to y
    assert torch.allclose(rotation(quarter)[:, 0], torch.tensor([0.0, 1.0, 0.0]), atol=1e-6)


def test_expected_depth_is_the_mean_of_what_is_seen():
    alpha = torch.tensor([[[0.5, 0.0]]])
    image = Rendered(torch.zeros(1, 1, 2, 3), alpha, torch.tensor([[[1.5, 0.0]]]))
    assert image.expected_depth().tolist() == [[[3.0, 0.0]]]
