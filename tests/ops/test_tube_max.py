import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pcv.ops import tube_max
from pcv.ops.tube_max import _composed, _composed_backward


def example(seed: int, dtype: torch.dtype = torch.float64, **size: int) -> list[torch.Tensor]:
    s = {"batch": 2, "length": 3, "points": 7, "steps": 2, "taps": 3, "rows": 4, "k": 3, "c": 5}
    s |= size
    g = torch.Generator().manual_seed(seed)

    def rand(*shape: int) -> torch.Tensor:
        return torch.randn(shape, generator=g, dtype=dtype)

    shape = (s["batch"], s["steps"], s["taps"], s["rows"], s["k"])
    return [
        rand(s["batch"], s["length"], s["points"], 3),
        rand(s["batch"], s["length"], s["points"], s["c"]),
        rand(s["batch"], s["steps"], s["rows"], 3),
        rand(s["c"], 4),
        torch.randint(0, s["length"], (s["steps"], s["taps"]), generator=g),
        torch.randint(0, s["points"], shape, generator=g),
    ]


def by_definition(points, feature, anchors, weight, frames, index, over_time) -> torch.Tensor:
    batch, steps, taps, rows, _ = index.shape
    out = []
    for b in range(batch):
        for a in range(steps):
            for i in range(rows):
                best = []
                for r in range(taps):
                    f, near = int(frames[a, r]), index[b, a, r, i]
                    offset = points[b, f, near] - anchors[b, a, i]
                    time = torch.full_like(offset[:, :1], r - taps // 2)
                    value = torch.cat([offset, time], 1) @ weight.T
                    if feature is not None:
                        value = value + feature[b, f, near]
                    best.append(value.max(0).values)
                stacked = torch.stack(best)
                out.append(stacked.sum(0) if over_time == "sum" else stacked.max(0).values)
    return torch.stack(out).reshape(batch, steps, rows, -1)


@pytest.mark.parametrize("over_time", ["max", "sum"])
@pytest.mark.parametrize("featured", [True, False])
@given(
    seed=st.integers(0, 999), points=st.integers(1, 9), taps=st.sampled_from([1, 3]),
    k=st.integers(1, 4),
)  # fmt: skip
def test_equal_to_the_definition(over_time, featured, seed, points, taps, k) -> None:
    inputs = example(seed, points=points, taps=taps, k=k)
    inputs[1] = inputs[1] if featured else None
    torch.testing.assert_close(tube_max(*inputs, over_time), by_definition(*inputs, over_time))


@pytest.mark.parametrize("over_time", ["max", "sum"])
@pytest.mark.parametrize("featured", [True, False])
def test_gradients(over_time, featured) -> None:
    points, feature, anchors, weight, frames, index = example(0)
    inputs = (feature.requires_grad_(), weight.requires_grad_())
    assert torch.autograd.gradcheck(
        lambda f, w: tube_max(
            points, f if featured else None, anchors, w, frames, index, over_time
        ),
        inputs if featured else (inputs[1].detach(), inputs[1]),
    )


def test_empty_slots_filled_with_the_first_neighbour() -> None:
    inputs = example(4, k=5)
    inputs[5][..., 2:] = inputs[5][..., :1]
    torch.testing.assert_close(tube_max(*inputs), by_definition(*inputs, "max"))


@pytest.mark.parametrize("joint", [True, False])
@pytest.mark.parametrize("featured", [True, False])
def test_the_composed_kernel_of_cuda_equals_the_loops(joint, featured) -> None:
    inputs = example(5)
    inputs[1] = inputs[1] if featured else inputs[1][..., :0]
    ours = torch.ops.pcv.tube_max(*inputs, joint)
    composed = _composed(*inputs, joint)
    torch.testing.assert_close(ours[0], composed[0])
    grad = torch.randn(ours[0].shape, dtype=torch.float64)
    points, _, anchors, _, frames, index = inputs
    rest = (points, anchors, frames, index, composed[1], featured)
    one = torch.ops.pcv.tube_max_backward(grad, *rest)
    for found, wanted in zip(_composed_backward(grad, *rest), one, strict=True):
        torch.testing.assert_close(found, wanted)


def test_two_runs_give_the_same_bits() -> None:
    inputs = example(1, torch.float32, batch=4, points=40, k=9)
    grads = []
    for threads in (1, 2):
        torch.set_num_threads(threads)
        feature, weight = (t.clone().requires_grad_() for t in (inputs[1], inputs[3]))
        tube_max(inputs[0], feature, inputs[2], weight, *inputs[4:]).square().sum().backward()
        grads.append((feature.grad, weight.grad))
    torch.set_num_threads(1)
    assert torch.equal(grads[0][0], grads[1][0])
    assert torch.equal(grads[0][1], grads[1][1])


@pytest.mark.gpu
@pytest.mark.parametrize("over_time", ["max", "sum"])
def test_cuda_equals_the_cpu(over_time) -> None:
    inputs = example(3, torch.float32, batch=4, points=64, rows=32, k=9, c=96)
    found = []
    for device in ("cpu", "cuda"):
        points, feature, anchors, weight, frames, index = (t.to(device) for t in inputs)
        feature, weight = feature.detach().requires_grad_(), weight.detach().requires_grad_()
        out = tube_max(points, feature, anchors, weight, frames, index, over_time)
        out.square().sum().backward()
        found.append([t.cpu() for t in (out, feature.grad, weight.grad)])
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("place", "shape"),
    [(1, (2, 3, 6, 5)), (3, (5, 3)), (2, (2, 2, 3, 3)), (4, (3, 3)), (5, (2, 2, 3, 4, 99))],
)
def test_shapes_that_do_not_fit_are_refused(place: int, shape: tuple[int, ...]) -> None:
    inputs = example(0)
    inputs[place] = torch.zeros(shape, dtype=inputs[place].dtype)
    with pytest.raises(ValueError, match=r"fit|must be|at most"):
        tube_max(*inputs)


@pytest.mark.parametrize(("place", "value"), [(4, 7), (5, 7), (4, -1), (5, -1)])
def test_an_index_out_of_range_is_refused(place: int, value: int) -> None:
    inputs = example(0)
    inputs[place].view(-1)[0] = value
    with pytest.raises(IndexError, match=f"holds {value}"):
        tube_max(*inputs)


@pytest.mark.parametrize("featured", [True, False])
def test_opcheck(featured) -> None:
    inputs = example(0, torch.float32)
    inputs[1] = inputs[1].requires_grad_() if featured else inputs[1][..., :0]
    inputs[3].requires_grad_()
    torch.library.opcheck(torch.ops.pcv.tube_max, (*inputs, True))
