import math

import pytest
import torch

from pcv.losses.clustering import centred, entropies, sinkhorn


def test_sinkhorn_is_its_definition():
    torch.manual_seed(0)
    logits = torch.randn(12, 5)
    share = torch.exp(logits / 0.5)
    for _ in range(3):
        share = share / share.sum(0) * 12 / 5
        share = share / share.sum(1, keepdim=True)
    torch.testing.assert_close(sinkhorn(logits, 0.5, 3), share)


def test_sinkhorn_balances_columns_and_never_overflows():
    torch.manual_seed(0)
    found = sinkhorn(torch.randn(300, 6) + torch.tensor([4.0, 0, 0, 0, 0, 0]), 0.5, 30)
    torch.testing.assert_close(found.sum(1), torch.ones(300))
    torch.testing.assert_close(found.mean(0), torch.full((6,), 1 / 6), rtol=0.02, atol=0)
    assert sinkhorn(torch.randn(9, 4) * 100, 0.001, 3).isfinite().all()


def test_targets_carry_no_gradient():
    logits = torch.randn(4, 3, requires_grad=True)
    assert not sinkhorn(logits, 0.1, 3).requires_grad
    assert not centred(logits, torch.zeros(3), 0.1).requires_grad


def test_centring_is_a_softmax_from_the_centre():
    logits, centre = torch.randn(4, 3), torch.randn(3)
    wanted = torch.exp((logits - centre) / 0.2)
    torch.testing.assert_close(centred(logits, centre, 0.2), wanted / wanted.sum(1, keepdim=True))


def test_entropies_tell_collapses():
    sharp = torch.eye(4).repeat(5, 1)
    found = entropies(sharp)
    assert float(found["target_entropy"]) == pytest.approx(0, abs=1e-5)
    assert float(found["prototype_entropy"]) == pytest.approx(1)
    one = entropies(torch.tensor([[1.0, 0, 0, 0]]).repeat(5, 1))
    assert float(one["prototype_entropy"]) == pytest.approx(0, abs=1e-5)
    even = entropies(torch.full((5, 4), 0.25))
    assert float(even["target_entropy"]) == pytest.approx(1)
    mixed = entropies(torch.tensor([[0.5, 0.5, 0, 0]]))
    assert float(mixed["target_entropy"]) == pytest.approx(math.log(2) / math.log(4), rel=1e-4)
