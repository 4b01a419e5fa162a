"""Equations 1 to 4 against loops."""

import math

import pytest
import torch
from torch.nn import functional as F

from pcv.losses import contrast as module
from pcv.losses.contrast import Candidates, Contrast, contrast, repulsion, select_negatives


def units(*shape):
    return F.normalize(torch.randn(*shape), dim=-1)


def loop(prediction, target, bank, repel, attract, batch, choice, own=None):
    """Equation 4 for every superpoint, in float64, from the paper."""
    losses = []
    prediction, target, bank, batch = (v.double() for v in (prediction, target, bank, batch))
    for i in range(len(target)):
        z, q = target[i], prediction[i]
        anchor, other = (q, z) if choice.anchor == "prediction" else (z, q)
        order = sorted(range(len(bank)), key=lambda j, z=z: float(bank[j] @ z.detach()))
        near = [bank[j] for j in order[::-1] if attract[i, j]][: choice.positive_neighbours]
        pool = [bank[j] for j in order if repel[i, j]]
        kept = pool[: max(1, math.floor(choice.negative_ratio * len(pool)))]
        kept = [m for m in kept if not any(torch.equal(m, n) for n in near)]
        rest = sorted(
            (m for j, m in enumerate(batch) if j != i), key=lambda m: float(m.detach() @ z.detach())
        )
        kept += rest[: max(1, math.floor(choice.negative_ratio * len(rest)))]
        weight = torch.softmax(torch.stack([n @ z for n in near]), 0).detach()
        if choice.neighbour_weighting == "fusion":
            fused = other + sum(w * n for w, n in zip(weight, near, strict=True))
            terms = [torch.exp(anchor @ (fused / fused.norm()) / choice.temperature)]
        else:
            by = weight if choice.neighbour_weighting == "softmax" else torch.ones(len(near))
            terms = [torch.exp(anchor @ other / choice.temperature)]
            terms += [
                w * torch.exp(anchor @ n / choice.temperature)
                for w, n in zip(by, near, strict=True)
            ]
        push = sum(torch.exp(anchor @ m / choice.temperature) for m in kept)
        if own is not None:
            push = push + torch.exp(own[i].double() / choice.temperature).sum()
        losses.append(-torch.log(sum(terms) / (sum(terms) + push)))
    return torch.stack(losses).mean()


def example():
    torch.manual_seed(0)
    repel = torch.ones(6, 20, dtype=torch.bool)
    repel[:3, 4:9] = False
    attract = torch.ones(6, 20, dtype=torch.bool)
    attract[2:, 10:] = False
    return units(6, 8), units(6, 8), units(20, 8), repel, attract


@pytest.mark.parametrize("chunk", [1 << 25, 40])
@pytest.mark.parametrize("weighting", ["fusion", "softmax", "add"])
@pytest.mark.parametrize("anchor", ["prediction", "target"])
def test_against_a_loop(monkeypatch, anchor, weighting, chunk):
    monkeypatch.setattr(module, "CHUNK", chunk)
    prediction, target, bank, repel, attract = example()
    for value in (prediction, target):
        value.requires_grad_()
    choice = Contrast(0.1, anchor, 0.7, 3, weighting)
    others = ~torch.eye(6, dtype=torch.bool)
    sets = [Candidates(bank, repel, True, attract), Candidates(target, others, False)]
    own = torch.linspace(-1, 0.5, 12).reshape(6, 2)
    found = contrast(prediction, target, sets, choice, own)
    wanted = loop(prediction, target, bank, repel, attract, target, choice, own)
    assert abs(found.item() - wanted.item()) < 1e-5 * abs(wanted.item())
    gradients = [torch.autograd.grad(v, (prediction, target)) for v in (found, wanted)]
    for fast, slow in zip(*gradients, strict=True):
        assert torch.allclose(fast, slow, rtol=1e-3, atol=1e-5)


def test_a_low_temperature_does_not_overflow():
    prediction, _, bank, *_ = example()
    choice = Contrast(0.01, "prediction", 0.7, 3, "softmax")
    loss = contrast(prediction, prediction, [Candidates(bank, None, True)], choice)
    assert loss.isfinite()
    assert loss < 1e-3


def test_selection_keeps_the_least_similar_part():
    similarity = torch.tensor([[0.9, 0.1, 0.5, 0.3, 0.7, 0.2, 0.8, 0.4, 0.6, 0.0]])
    kept = select_negatives(similarity, 0.7)
    assert kept[0].tolist() == [value < 0.65 for value in similarity[0].tolist()]
    assert select_negatives(similarity, 1.0).all()


def test_selection_counts_only_what_is_there():
    similarity = torch.tensor([[-torch.inf, 0.1, 0.5, 0.3], [0.4, 0.1, 0.5, 0.3]])
    kept = select_negatives(similarity, 0.7)
    assert kept.tolist() == [[False, True, False, True], [False, True, False, True]]


@pytest.mark.parametrize("rows", [1, 2])
def test_nothing_there(rows):
    """Every entry of the bank is of the query's own video."""
    bank = units(4, 8)
    allowed = torch.zeros(2, 4, dtype=torch.bool)
    allowed[rows:] = True
    query = units(2, 8).requires_grad_()
    choice = Contrast(0.1, "prediction", 0.7, 3, "fusion")
    loss = contrast(query, units(2, 8), [Candidates(bank, allowed, True, allowed)], choice)
    loss.backward()
    assert loss.isfinite()
    assert query.grad.isfinite().all()


def test_repulsion_is_the_log_of_a_sum_over_what_is_kept() -> None:
    torch.manual_seed(0)
    query, embedding = torch.randn(5, 4) * 30, torch.randn(7, 4)
    keep = torch.rand(5, 7) < 0.5
    keep[0] = False
    found = repulsion(query, embedding, keep)
    wanted = (query @ embedding.T).masked_fill(~keep, -torch.inf).logsumexp(1)
    torch.testing.assert_close(found, wanted)
    assert found[0] == -torch.inf
    assert (repulsion(query, embedding[:0], keep[:, :0]) == -torch.inf).all()


def test_repulsion_has_the_gradients_of_its_definition() -> None:
    torch.manual_seed(0)
    query = torch.randn(5, 4, dtype=torch.float64, requires_grad=True)
    embedding = torch.randn(7, 4, dtype=torch.float64, requires_grad=True)
    keep = torch.rand(5, 7) < 0.6
    keep[:, 0] = True
    assert torch.autograd.gradcheck(lambda q, e: repulsion(q, e, keep), (query, embedding))
    keep[2] = False
    repulsion(query, embedding, keep)[2].backward()
    assert not query.grad.any()
