import pytest
import torch

from pcv.nn.serialise import permute, restore, token_order
from pcv.ops import cells, hilbert_code, z_code

ORDERS = ("shuffle", "hilbert", "z", "none")


def positions(sequences=2, samples=3, length=20, seed=0):
    return torch.rand(sequences, samples, length, 3, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("scope", ["batch", "sample"])
def test_every_order_is_a_permutation_that_restoring_undoes(order, scope):
    chosen = token_order(positions(), order, scope)
    tokens = torch.rand(2, 60, 5)
    assert torch.equal(restore(permute(tokens, chosen), chosen), tokens)
    if chosen is None:
        assert order == "none"
        return
    assert (chosen.sort(1).values == torch.arange(60)).all()
    if scope == "sample":  # a sample ends before the next begins
        assert (chosen.reshape(2, 3, 20) // 20 == torch.arange(3)[:, None]).all()


@pytest.mark.parametrize(("order", "code"), [("hilbert", hilbert_code), ("z", z_code)])
def test_curves_sort_by_the_cube_of_each_sample(order, code):
    position = positions()
    position[:, 1] = position[:, 1] * 7 + 3  # a sample has a cube of its own
    along = torch.stack([code(cells(sample)) for sample in position.flatten(0, 1)]).reshape(2, 60)
    for scope in ("batch", "sample"):
        found = along.gather(1, token_order(position, order, scope))
        rows = found.reshape(2, 3, 20) if scope == "sample" else found
        assert (rows.diff(dim=-1) >= 0).all()
    same = torch.zeros(1, 1, 9, 3)
    assert token_order(same, order, "batch").tolist() == [list(range(9))]


def test_a_shuffle_is_that_of_its_generator_and_the_same_in_every_sequence():
    def draw(seed, **shape):
        generator = torch.Generator().manual_seed(seed)
        return token_order(positions(**shape), "shuffle", "batch", generator)

    assert torch.equal(draw(1), draw(1))
    assert not torch.equal(draw(1), draw(2))
    assert torch.equal(draw(1)[0], draw(1)[1])
    assert torch.equal(draw(1, samples=1)[0], draw(1, samples=1, sequences=7)[3])
