import pytest
import torch

from pcv.ops import gather_points, interpolate, repeat_first


def test_gather_takes_rows_and_gives_zeros_for_nothing() -> None:
    values = torch.arange(12.0).reshape(1, 4, 3)
    found = gather_points(values, torch.tensor([[[2, -1], [0, 3]]]))
    assert found[0, 0].tolist() == [[6, 7, 8], [0, 0, 0]]
    assert found[0, 1].tolist() == [[0, 1, 2], [9, 10, 11]]


def test_gather_gradients() -> None:
    values = torch.rand(2, 5, 3, dtype=torch.float64, requires_grad=True)
    index = torch.randint(-1, 5, (2, 4, 3))
    assert torch.autograd.gradcheck(lambda v: gather_points(v, index), values)


@pytest.mark.parametrize(
    ("row", "filled"),
    [([4, 2, -1], [4, 2, 4]), ([-1, -1, -1], [0, 0, 0]), ([1, 2, 3], [1, 2, 3])],
)
def test_the_papers_fill_rule(row: list[int], filled: list[int]) -> None:
    assert repeat_first(torch.tensor([[row]])).tolist() == [[filled]]


def test_interpolation_is_the_inverse_distance_average() -> None:
    values = torch.rand(1, 6, 2)
    index, distance = torch.tensor([[[0, 3, 5]]]), torch.tensor([[[0.5, 1.0, 2.0]]])
    weight = torch.tensor([1 / (d + 1e-8) for d in (0.5, 1.0, 2.0)])
    wanted = (values[0, [0, 3, 5]] * (weight / weight.sum())[:, None]).sum(0)
    torch.testing.assert_close(interpolate(values, index, distance)[0, 0], wanted)


def test_interpolation_at_a_known_point_is_its_value() -> None:
    values = torch.rand(1, 3, 2)
    found = interpolate(values, torch.tensor([[[1, 0, 2]]]), torch.tensor([[[0.0, 1.0, 1.0]]]))
    torch.testing.assert_close(found[0, 0], values[0, 1], atol=1e-6, rtol=1e-6)


def test_interpolation_gradients_and_missing_neighbours() -> None:
    values = torch.rand(2, 5, 3, dtype=torch.float64, requires_grad=True)
    index = torch.randint(-1, 5, (2, 4, 3))
    distance = torch.rand(2, 4, 3, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda v: interpolate(v, index, distance), values)
    nothing = torch.full((2, 1, 3), -1)
    assert interpolate(values, nothing, distance[:, :1]).abs().max() == 0
