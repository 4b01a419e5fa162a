import pytest
import torch
from torch.nn import functional as F

from pcv.losses.spread import MONITORED, spread


def test_a_constant_has_none_and_even_directions_all():
    same = F.normalize(torch.ones(200, 8), dim=1)
    found = spread(same)
    assert float(found["embedding_std"]) < 1e-3
    even = torch.cat([torch.eye(4), -torch.eye(4)]).repeat(40, 1)
    even = even[torch.randperm(len(even), generator=torch.Generator().manual_seed(0))]
    found = spread(even)
    assert float(found["embedding_std"]) == pytest.approx(1)
    assert float(found["effective_rank"]) == pytest.approx(4, rel=0.05)


def test_two_clusters_are_of_rank_one():
    rows = torch.tensor([[1.0, 0, 0], [0, 1, 0]]).repeat(2 * MONITORED, 1)
    assert float(spread(rows)["effective_rank"]) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("bad", [torch.nan, torch.inf])
def test_rows_that_are_not_finite_have_none(bad: float) -> None:
    rows = F.normalize(torch.ones(200, 8), dim=1)
    rows[3, 2] = bad
    assert all(value.isnan() for value in spread(rows).values())
    assert all(value.shape == () for value in spread(rows).values())
