import itertools

import pytest
import torch

from pcv.losses.lovasz import lovasz_softmax


def jaccard(wrong: set[int], own: set[int]) -> float:
    """The set function (eq. 6): what intersection over union loses when these points are wrong."""
    return len(wrong) / len(own | wrong) if own | wrong else 0.0


def extension(error: list[float], own: set[int]) -> float:
    """The Lovasz extension by its other definition: the set function's integral over levels."""
    levels = sorted({0.0, *error})
    return sum(
        (high - low) * jaccard({i for i, value in enumerate(error) if value >= high}, own)
        for low, high in itertools.pairwise(levels)
    )


def reference(scores: torch.Tensor, label: torch.Tensor) -> float:
    known = [i for i, one in enumerate(label.tolist()) if one != -1]
    share = scores.double().softmax(1)[known].tolist()
    label = label[known].tolist()
    found = []
    for one in sorted(set(label)):
        own = {i for i, value in enumerate(label) if value == one}
        error = [1 - row[one] if i in own else row[one] for i, row in enumerate(share)]
        found.append(extension(error, own))
    return sum(found) / len(found) if found else 0.0


def drawn(seed: int, points: int = 30, classes: int = 4) -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(seed)
    return torch.randn(points, classes) * 2, torch.randint(-1, classes - 1, (points,))


@pytest.mark.parametrize("seed", range(6))
def test_it_is_the_extension_of_the_jaccard_loss(seed):
    scores, label = drawn(seed)
    assert 3 not in label  # a class that is not present does not count
    found = lovasz_softmax(scores, label, ignored=-1)
    assert float(found) == pytest.approx(reference(scores, label), abs=1e-6)


def test_equal_errors_may_stand_in_any_order():
    scores, label = drawn(1)
    scores = torch.cat([scores, scores])
    label = torch.cat([label, label.roll(3)])
    found = lovasz_softmax(scores, label, ignored=-1)
    assert float(found) == pytest.approx(reference(scores, label), abs=1e-6)


def test_where_all_is_decided_it_is_one_less_intersection_over_union():
    label = torch.tensor([0, 0, 0, 1, 1, 2, -1])
    guess = torch.tensor([0, 0, 1, 1, 1, 0, 2])
    scores = 200.0 * torch.nn.functional.one_hot(guess, 3)
    wanted = 1 - (2 / 4 + 2 / 3 + 0) / 3
    assert float(lovasz_softmax(scores, label, ignored=-1)) == pytest.approx(wanted, abs=1e-6)
    perfect = lovasz_softmax(scores[:6], guess[:6], ignored=-1)
    assert float(perfect) == pytest.approx(0, abs=1e-6)


def test_gradients_are_those_of_the_definition():
    scores, label = drawn(2, points=12)
    given = scores.double().requires_grad_()
    assert torch.autograd.gradcheck(lambda s: lovasz_softmax(s, label, ignored=-1), given)


def test_ignored_points_count_for_nothing():
    scores, label = drawn(3)
    given = scores.clone().requires_grad_()
    found = lovasz_softmax(given, label, ignored=-1)
    found.backward()
    assert not given.grad[label == -1].any()
    assert given.grad[label != -1].any()
    left = label != -1
    assert torch.equal(found, lovasz_softmax(scores[left], label[left], ignored=-1))


def test_without_a_labelled_point_it_is_zero_and_can_be_derived():
    given = torch.randn(5, 3, requires_grad=True)
    found = lovasz_softmax(given, torch.full((5,), -1), ignored=-1)
    found.backward()
    assert float(found.detach()) == 0
    assert not given.grad.any()


def test_bfloat16_is_computed_in_float32():
    scores, label = drawn(4, points=3000)
    half = scores.bfloat16()
    wanted = lovasz_softmax(half.float(), label, ignored=-1)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = lovasz_softmax(half, label, ignored=-1)
    assert found.dtype == torch.float32
    assert torch.equal(found, wanted)
