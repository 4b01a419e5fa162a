"""Alpha blending of slices equals the recurrence; gradients by finite differences."""

import pytest
import torch

from pcv.render.composite import Layout, blend


def case(pairs=(70, 0, 3, 33), side=2, seed=0, opacity=1.0):
    draw = torch.Generator().manual_seed(seed)
    count = torch.tensor(pairs)
    total = int(count.sum())
    exponent = torch.randn(6, total, generator=draw, dtype=torch.float64) * 0.3
    exponent[0] = exponent[0] - 2.0 * opacity
    values = torch.randn(9, 3, generator=draw, dtype=torch.float64)
    splat = torch.randint(0, 9, (total,), generator=draw)
    layout = Layout(splat, count.cumsum(0) - count, count, side, 0.999, 1 << 18)
    return exponent, values, layout


def recurrence(exponent, values, layout):
    along = torch.arange(layout.side, dtype=torch.float64) + 0.5 - layout.side / 2
    rows = []
    for start, count in zip(layout.start.tolist(), layout.pairs.tolist(), strict=True):
        for y in along:
            for x in along:
                passed, colour = torch.ones((), dtype=torch.float64), torch.zeros(3).double()
                basis = torch.stack([torch.ones_like(x), x, y, x * x, x * y, y * y])
                for pair in range(start, start + count):
                    alpha = (exponent[:, pair] @ basis).exp().clamp(max=layout.cap)
                    if alpha < 1 / 255:
                        continue
                    if passed * (1 - alpha) <= 1e-4:
                        break
                    colour = colour + alpha * passed * values[layout.splat[pair]]
                    passed = passed * (1 - alpha)
                rows.append(colour)
    return torch.stack(rows).reshape(len(layout.start), -1, 3)


@pytest.mark.parametrize("opacity", [1.0, 0.2], ids=["open", "closed"])
@pytest.mark.parametrize("budget", [1, 1 << 18])
def test_it_is_the_recurrence(opacity, budget):
    exponent, values, layout = case(opacity=opacity)
    layout = layout._replace(budget=budget)
    inputs = [exponent.requires_grad_(), values.requires_grad_()]
    ours, theirs = blend(*inputs, layout), recurrence(*inputs, layout)
    assert torch.allclose(ours, theirs, atol=1e-13)
    weight = torch.randn(ours.shape, dtype=torch.float64)
    for a, b in zip(
        torch.autograd.grad((ours * weight).sum(), inputs),
        torch.autograd.grad((theirs * weight).sum(), inputs),
        strict=True,
    ):
        assert torch.allclose(a, b, atol=1e-11)


def test_gradients_by_finite_differences():
    exponent, values, layout = case((5, 35), opacity=0.7)
    inputs = (exponent.requires_grad_(), values.requires_grad_())
    assert torch.autograd.gradcheck(lambda e, v: blend(e, v, layout), inputs, eps=1e-7)


def test_a_second_backward_pass_finds_the_same():
    exponent, values, layout = case()
    image = blend(exponent.requires_grad_(), values, layout)
    first, second = (
        torch.autograd.grad(image.sum(), exponent, retain_graph=True)[0] for _ in range(2)
    )
    assert torch.equal(first, second)
    assert first.abs().sum() > 0


def test_nothing_draws_nothing():
    exponent, values, layout = case((0, 0))
    assert torch.equal(blend(exponent, values, layout), torch.zeros(2, 4, 3).double())
