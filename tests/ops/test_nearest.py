import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pcv.ops import nearest

DEVICES = ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)]


@pytest.mark.parametrize("device", DEVICES)
@given(st.integers(3, 30), st.integers(1, 3), st.booleans(), st.integers(0, 999))
def test_equal_to_the_definition(device, n, count, grid, seed) -> None:
    rng = np.random.default_rng(seed)
    draw = rng.integers(0, 3, (2, n + 4, 3)) if grid else rng.normal(size=(2, n + 4, 3))
    values = draw.astype(np.float32)
    points, queries = values[:, :n], values[:, n:]
    index, distance = nearest(
        torch.from_numpy(points.copy()).to(device),
        torch.from_numpy(queries.copy()).to(device),
        count,
    )
    for b in range(2):
        for i in range(4):
            d = points[b] - queries[b, i]
            squared = (d[:, 0] * d[:, 0] + d[:, 1] * d[:, 1]) + d[:, 2] * d[:, 2]
            order = np.argsort(squared, kind="stable")[:count]
            assert index[b, i].tolist() == order.tolist()
            np.testing.assert_allclose(distance[b, i].cpu(), np.sqrt(squared[order]), rtol=1e-6)


@pytest.mark.parametrize(
    ("points", "queries", "count", "said"),
    [
        (torch.zeros(1, 2, 3), torch.zeros(1, 1, 3), 3, "between 1 and 2"),
        (torch.zeros(1, 2, 3), torch.zeros(2, 1, 3), 1, "1 clouds but 2"),
        (torch.zeros(2, 3), torch.zeros(2, 1, 3), 1, "points must be"),
    ],
)
def test_bad_arguments_are_refused(points, queries, count, said) -> None:
    with pytest.raises(ValueError, match=said):
        nearest(points, queries, count)


def test_opcheck() -> None:
    torch.library.opcheck(torch.ops.pcv.nearest, (torch.rand(2, 9, 3), torch.rand(2, 4, 3), 3))
