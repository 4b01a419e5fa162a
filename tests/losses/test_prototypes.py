"""Equations 5 to 8 against loops."""

import pytest
import torch
from torch.nn import functional as F

from pcv.losses import prototypes


def test_assignment_and_update():
    torch.manual_seed(0)
    superpoints, centres = torch.randn(2, 5, 4), torch.randn(3, 4)
    share = prototypes.assign(superpoints, centres)
    found = prototypes.update(share, superpoints)
    for clip in range(2):
        assignment = torch.stack([torch.softmax(centres @ z, 0) for z in superpoints[clip]])
        assert torch.allclose(share[clip].exp(), assignment, atol=1e-6)
        for k in range(3):
            total = sum(assignment[n, k] * superpoints[clip, n] for n in range(5))
            assert torch.allclose(found[clip, k], total / assignment[:, k].sum(), atol=1e-5)


def test_assignment_by_cosine_and_scale():
    superpoints, centres = torch.randn(1, 5, 4), torch.randn(3, 4)
    found = prototypes.assign(superpoints, centres, scale=7.0, cosine=True)
    cosines = F.cosine_similarity(superpoints[0][:, None], centres[None], dim=-1)
    assert torch.allclose(found[0], torch.log_softmax(7 * cosines, 1), atol=1e-5)


@pytest.mark.parametrize("scope", ["sample", "batch"])
def test_alignment(scope):
    prediction, target = torch.randn(2, 3, 4), torch.randn(2, 3, 4)
    found = prototypes.align(prediction, target, 0.2, scope)
    if scope == "batch":
        prediction, target = prediction.mean(0), target.mean(0)
    guesses = F.normalize(prediction.reshape(-1, 4), dim=1)
    truths = F.normalize(target.reshape(-1, 4), dim=1)
    losses = []
    for i, truth in enumerate(truths):
        logits = torch.stack([truth @ guess / 0.2 for guess in guesses])
        losses.append(-torch.log(logits.exp()[i] / logits.exp().sum()))
    assert torch.allclose(found, torch.stack(losses).mean(), atol=1e-5)


def test_divergence():
    guess, truth = (torch.log_softmax(torch.randn(2, 5, 3), -1) for _ in range(2))
    total = 0.0
    for b in range(2):
        for n in range(5):
            p, t = guess[b, n].exp(), truth[b, n].exp()
            total += float(sum(p[i] * (p[i].log() - t[i].log()) for i in range(3)))
    assert float(prototypes.divergence(guess, truth)) == pytest.approx(total / 10, abs=1e-5)
