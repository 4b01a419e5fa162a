import itertools

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pcv.ops.curves import cells, hilbert_code, z_code


def every_cell(bits):
    return torch.tensor(list(itertools.product(range(1 << bits), repeat=3)))


@pytest.mark.parametrize("bits", [1, 2, 3, 4])
def test_the_hilbert_curve_is_one(bits):
    """The definition: it meets every cell once, steps through faces, and is made of 8 of itself."""
    cell = every_cell(bits)
    code = hilbert_code(cell, bits)
    assert code.sort().values.tolist() == list(range(8**bits))
    walk = cell[code.argsort()]
    assert (walk.diff(dim=0).abs().sum(1) == 1).all()
    if bits > 1:  # eight cells that follow each other from a multiple of 8 share a parent
        parents = (walk >> 1).reshape(-1, 8, 3)
        assert (parents == parents[:, :1]).all()
        assert walk[0].tolist() == [0, 0, 0]


@given(st.lists(st.tuples(*[st.integers(0, (1 << 21) - 1)] * 3), min_size=1, max_size=9))
def test_the_z_curve_interleaves_bits(points):
    found = z_code(torch.tensor(points), 21)
    for (x, y, z), code in zip(points, found.tolist(), strict=True):
        digits = "".join(
            a + b + c for a, b, c in zip(*(f"{v:021b}" for v in (x, y, z)), strict=True)
        )
        assert code == int(digits, 2)


@given(st.integers(2, 21), st.randoms())
def test_hilbert_steps_through_a_face_at_any_depth(bits, random):
    """Codes of a cell and its six neighbours: at least one is one step away."""
    most = (1 << bits) - 1
    cell = torch.tensor([random.randint(0, most) for _ in range(3)])
    steps = torch.cat([torch.eye(3, dtype=torch.int64), -torch.eye(3, dtype=torch.int64)])
    near = cell + steps
    near = near[((near >= 0) & (near <= most)).all(1)]
    apart = (hilbert_code(near, bits) - hilbert_code(cell[None], bits)).abs()
    assert int(apart.min()) == 1


def test_too_many_bits_are_refused():
    with pytest.raises(ValueError, match="between 1 and 21"):
        hilbert_code(torch.zeros(1, 3, dtype=torch.int64), 22)


def test_cells_fill_the_cube_that_holds_the_cloud():
    points = torch.tensor([[0.0, 5, 5], [4, 5, 6], [2, 7, 5], [3.999, 5, 5]])
    assert cells(points, 2).tolist() == [[0, 0, 0], [3, 0, 1], [2, 2, 0], [3, 0, 0]]
    assert cells(torch.ones(2, 3), 4).tolist() == [[0, 0, 0], [0, 0, 0]]  # all in one place
