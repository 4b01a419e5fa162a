"""Connected components against breadth-first search."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pcv.ops.clusters import clusters


def search(points, group, radius):
    place = points.double()
    near = (place[:, None] - place[None]).square().sum(-1) <= radius**2
    near &= group[:, None] == group[None]
    label = torch.full((len(points),), -1)
    for start in range(len(points)):
        if label[start] >= 0:
            continue
        number, waiting = int(label.max()) + 1, [start]
        while waiting:
            one = waiting.pop()
            if label[one] < 0:
                label[one] = number
                waiting += near[one].nonzero()[:, 0].tolist()
    return label


@given(st.integers(0, 2**31), st.integers(1, 80), st.sampled_from([0.05, 0.2, 0.5]))
def test_components_are_those_of_a_search(seed, count, radius):
    draw = torch.Generator().manual_seed(seed)
    points = torch.rand(count, 3, generator=draw) * 2 - 1
    group = torch.randint(0, 3, (count,), generator=draw)
    assert torch.equal(clusters(points, group, radius), search(points, group, radius))


def test_many_points_on_one_spot_are_one():
    points = torch.zeros(50_000, 3)
    points[25_000:] += 1
    found = clusters(points, torch.zeros(50_000, dtype=torch.long), 0.1)
    assert torch.equal(found, torch.arange(2).repeat_interleave(25_000))


def test_bad_points_are_refused():
    group = torch.zeros(2, dtype=torch.long)
    with pytest.raises(ValueError, match="finite"):
        clusters(torch.tensor([[0.0, 0, 0], [float("nan"), 0, 0]]), group, 0.1)
    with pytest.raises(ValueError, match="too far apart"):
        clusters(torch.tensor([[0.0, 0, 0], [1e9, 1e9, 1e9]]), group, 0.01)
    assert len(clusters(torch.zeros(0, 3), group[:0], 0.1)) == 0
