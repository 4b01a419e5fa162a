import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pcv.ops import farthest_points

DEVICES = ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)]


def by_definition(cloud: np.ndarray, count: int) -> list[int]:
    chosen = [0]
    reach = np.full(len(cloud), np.inf, np.float32)
    while len(chosen) < count:
        d = cloud - cloud[chosen[-1]]
        reach = np.minimum(reach, (d[:, 0] * d[:, 0] + d[:, 1] * d[:, 1]) + d[:, 2] * d[:, 2])
        chosen.append(int(np.argmax(reach)))  # argmax takes the first of equals
    return chosen


@pytest.mark.parametrize("device", DEVICES)
@given(st.integers(1, 60), st.booleans(), st.integers(0, 999), st.data())
def test_equal_to_the_definition(device, n, grid, seed, data) -> None:
    rng = np.random.default_rng(seed)
    cloud = rng.integers(0, 4, (2, n, 3)) if grid else rng.normal(size=(2, n, 3))
    points = torch.from_numpy(cloud.astype(np.float32))
    count = data.draw(st.integers(1, n))
    found = farthest_points(points.to(device), count)
    assert found.tolist() == [by_definition(c, count) for c in points.numpy()]


def test_sampling_a_sample_is_its_prefix() -> None:
    points = torch.rand(1, 100, 3)
    ordered = points[:, farthest_points(points, 100)[0]]
    assert farthest_points(ordered, 30).tolist() == [list(range(30))]


def test_bad_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="between 1 and 4"):
        farthest_points(torch.zeros(1, 4, 3), 5)
    with pytest.raises(ValueError, match="float32"):
        farthest_points(torch.zeros(1, 4, 3).half(), 2)
    with pytest.raises(ValueError, match="not finite"):
        farthest_points(torch.tensor([[[0.0, 0, 0], [0, float("nan"), 0]]]), 2)


def test_opcheck() -> None:
    torch.library.opcheck(torch.ops.pcv.farthest_points, (torch.rand(2, 9, 3), 4))
