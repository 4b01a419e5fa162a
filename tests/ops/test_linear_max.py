import sys

import pytest
import torch

from pcv.ops import linear_max
from pcv.ops.linear_max import _scatter


def example(groups=5, k=4, channels=3, out=6, dtype=torch.float64):
    g = torch.Generator().manual_seed(0)
    rows = torch.randn(groups, k, channels, generator=g, dtype=dtype)
    return rows, torch.randn(out, channels, generator=g, dtype=dtype)


@pytest.mark.parametrize("at_a_time", [8, 1 << 14])
def test_equal_to_the_definition(at_a_time, monkeypatch) -> None:
    monkeypatch.setattr(sys.modules["pcv.ops.linear_max"], "ROWS", at_a_time)
    rows, weight = example()
    best, mean, covariance = linear_max(rows, weight, True)
    value = (rows @ weight.T).flatten(0, 1)
    torch.testing.assert_close(best, (rows @ weight.T).amax(1))
    torch.testing.assert_close(weight @ mean, value.mean(0))
    variance = ((weight @ covariance) * weight).sum(1)
    torch.testing.assert_close(variance, value.var(0, unbiased=False))


@pytest.mark.parametrize("moments", [True, False])
def test_gradients(moments) -> None:
    rows, weight = (t.requires_grad_() for t in example())
    assert torch.autograd.gradcheck(lambda r, w: linear_max(r, w, moments), (rows, weight))


def test_the_composed_gradient_of_cuda_equals_the_loops() -> None:
    rows, weight = example()
    best, chosen, mean, _ = torch.ops.pcv.linear_max(rows, weight, False)
    nothing = torch.zeros(3, 3, dtype=torch.float64)
    grad = torch.randn_like(best)
    wanted = torch.ops.pcv.linear_max_backward(
        grad, mean, nothing, rows, weight, chosen, mean, False
    )
    found = torch.zeros_like(rows), torch.zeros_like(weight)
    _scatter(grad, chosen, rows, weight, *found)
    for one, other in zip(found, wanted, strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.gpu
def test_cuda_equals_the_cpu() -> None:
    found = []
    for device in ("cpu", "cuda"):
        rows, weight = (t.to(device).requires_grad_() for t in example(40, 9, 32, 64, torch.float))
        outs = linear_max(rows, weight, True)
        sum(out.square().sum() for out in outs).backward()
        found.append([t.detach().cpu() for t in (*outs, rows.grad, weight.grad)])
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("rows", [(2, 3), (2, 3, 4), (2, 300, 3), (2, 0, 3)])
def test_shapes_that_do_not_fit_are_refused(rows) -> None:
    with pytest.raises(ValueError, match=r"fit|256"):
        linear_max(torch.zeros(rows), torch.zeros(6, 3), True)


def test_opcheck() -> None:
    rows, weight = (t.requires_grad_() for t in example(dtype=torch.float32))
    torch.library.opcheck(torch.ops.pcv.linear_max, (rows, weight, True))


def test_any_number_of_groups_can_be_traced() -> None:
    class Pool(torch.nn.Module):
        def forward(self, rows: torch.Tensor) -> torch.Tensor:
            return linear_max(rows, torch.eye(4), False)[0]

    groups = {"rows": {0: torch.export.Dim("groups")}}
    program = torch.export.export(Pool(), (torch.rand(6, 3, 4),), dynamic_shapes=groups)
    rows = torch.rand(2, 3, 4)
    assert torch.equal(program.module()(rows), rows.amax(1))
