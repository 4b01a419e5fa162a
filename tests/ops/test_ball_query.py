import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pcv.ops import ball_query

DEVICES = ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)]


def by_definition(points: torch.Tensor, anchors: torch.Tensor, radius: float, k: int) -> list:
    limit = np.float32(radius) * np.float32(radius)
    rows = []
    for cloud, centres in zip(points.numpy(), anchors.numpy(), strict=True):
        rows.append([])
        for centre in centres:
            d = cloud - centre
            squared = (d[:, 0] * d[:, 0] + d[:, 1] * d[:, 1]) + d[:, 2] * d[:, 2]
            inside = np.flatnonzero(squared < limit)[:k].tolist()
            rows[-1].append(inside + [-1] * (k - len(inside)))
    return rows


@st.composite
def clouds(draw: st.DrawFn) -> tuple[torch.Tensor, torch.Tensor]:
    """Coordinates from a coarse grid, so that ties, duplicates and points on the sphere occur."""
    batch, n, m = draw(st.integers(1, 3)), draw(st.integers(1, 40)), draw(st.integers(1, 6))
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    values = rng.integers(-3, 4, (batch, n + m, 3)).astype(np.float32) / 2
    if draw(st.booleans()):
        values += rng.normal(0, 1, values.shape).astype(np.float32)
    return torch.from_numpy(values[:, :n].copy()), torch.from_numpy(values[:, n:].copy())


@pytest.mark.parametrize("device", DEVICES)
@given(clouds(), st.sampled_from([0.4, 0.5, 1.0, 1.5, 9.0]), st.integers(1, 12))
def test_equal_to_the_definition(device: str, cloud: tuple, radius: float, k: int) -> None:
    points, anchors = cloud
    found = ball_query(points.to(device), anchors.to(device), radius, k)
    assert found.dtype == torch.int64
    assert found.tolist() == by_definition(points, anchors, radius, k)


def test_a_point_on_the_sphere_is_outside() -> None:
    points = torch.tensor([[[0.0, 0, 0], [1.0, 0, 0], [0.5, 0, 0]]])
    assert ball_query(points, points[:, :1], 1.0, 3).tolist() == [[[0, 2, -1]]]


def test_an_empty_ball_is_a_row_of_nothing() -> None:
    far = torch.full((1, 2, 3), 9.0)
    assert ball_query(torch.zeros(1, 5, 3), far, 0.1, 2).tolist() == [[[-1, -1], [-1, -1]]]


def test_views_that_are_not_contiguous() -> None:
    points = torch.rand(3, 20, 2).transpose(1, 2).reshape(2, 3, 20).transpose(1, 2)
    assert not points.is_contiguous()
    anchors = points[:, ::4]
    found = ball_query(points, anchors, 0.5, 4)
    assert torch.equal(found, ball_query(points.contiguous(), anchors.contiguous(), 0.5, 4))


@pytest.mark.parametrize(
    ("points", "anchors", "radius", "k", "said"),
    [
        (torch.zeros(2, 3), torch.zeros(1, 1, 3), 1.0, 1, "points must be"),
        (torch.zeros(1, 3, 2), torch.zeros(1, 1, 3), 1.0, 1, "points must be"),
        (torch.zeros(1, 3, 3).double(), torch.zeros(1, 1, 3), 1.0, 1, "float32"),
        (torch.zeros(2, 3, 3), torch.zeros(1, 1, 3), 1.0, 1, "2 clouds but 1"),
        (torch.zeros(1, 3, 3), torch.zeros(1, 1, 3), 0.0, 1, "radius"),
        (torch.zeros(1, 3, 3), torch.zeros(1, 1, 3), float("nan"), 1, "radius"),
        (torch.zeros(1, 3, 3), torch.zeros(1, 1, 3), 1.0, 0, "neighbours"),
    ],
)
def test_bad_arguments_are_refused(points, anchors, radius, k, said) -> None:
    with pytest.raises(ValueError, match=said):
        ball_query(points, anchors, radius, k)


def test_opcheck() -> None:
    points = torch.rand(2, 9, 3)
    torch.library.opcheck(torch.ops.pcv.ball_query, (points, points[:, :2].clone(), 0.5, 3))
