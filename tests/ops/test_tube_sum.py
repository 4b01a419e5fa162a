import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pcv.ops import tube_sum
from pcv.ops.tube_sum import _reached_from


def example(seed: int, dtype: torch.dtype = torch.float64, **size: int) -> list[torch.Tensor]:
    s = {
        "batch": 2,
        "length": 3,
        "points": 7,
        "steps": 2,
        "reach": 3,
        "rows": 4,
        "k": 3,
        "c": 5,
    } | size
    g = torch.Generator().manual_seed(seed)

    def rand(*shape: int) -> torch.Tensor:
        return torch.rand(shape, generator=g, dtype=dtype)

    return [
        rand(s["batch"], s["length"], s["points"], 3),
        rand(s["batch"], s["length"], s["points"], s["c"]),
        rand(s["batch"], s["steps"], s["rows"], 3),
        rand(s["c"], 3),
        torch.randint(-1, s["length"], (s["steps"], s["reach"]), generator=g),
        torch.randint(
            -1, s["points"], (s["batch"], s["steps"], s["reach"], s["rows"], s["k"]), generator=g
        ),
    ]


def by_definition(points, feature, anchors, weight, frames, index) -> torch.Tensor:
    batch, steps, reach, rows, _ = index.shape
    out = feature.new_zeros(batch, steps, rows, reach, feature.shape[3])
    for b in range(batch):
        for a in range(steps):
            for r in range(reach):
                f = int(frames[a, r])
                for i in range(rows if f >= 0 else 0):
                    for j in index[b, a, r, i].tolist():
                        if j >= 0:
                            offset = points[b, f, j] - anchors[b, a, i]
                            out[b, a, i, r] += feature[b, f, j] * (weight @ offset)
    return out


@given(
    st.integers(0, 999), st.integers(1, 3), st.integers(1, 9), st.integers(1, 3), st.integers(1, 4)
)
def test_equal_to_the_definition(seed: int, batch: int, points: int, reach: int, k: int) -> None:
    inputs = example(seed, batch=batch, points=points, reach=reach, k=k)
    torch.testing.assert_close(tube_sum(*inputs), by_definition(*inputs))


def test_gradients() -> None:
    points, feature, anchors, weight, frames, index = example(0)
    feature.requires_grad_()
    weight.requires_grad_()
    assert torch.autograd.gradcheck(
        lambda f, w: tube_sum(points, f, anchors, w, frames, index), (feature, weight)
    )


def test_two_runs_give_the_same_bits() -> None:
    inputs = example(1, torch.float32, batch=4, points=40, k=9)
    grads = []
    for _ in range(2):
        feature, weight = (t.clone().requires_grad_() for t in (inputs[1], inputs[3]))
        tube_sum(inputs[0], feature, inputs[2], weight, *inputs[4:]).square().sum().backward()
        grads.append((feature.grad, weight.grad))
    assert torch.equal(grads[0][0], grads[1][0])
    assert torch.equal(grads[0][1], grads[1][1])


def test_views_that_are_not_contiguous() -> None:
    inputs = example(2)
    inputs[1] = inputs[1].transpose(2, 3).contiguous().transpose(2, 3)
    inputs[3] = inputs[3].t().contiguous().t()
    torch.testing.assert_close(tube_sum(*inputs), by_definition(*inputs))


@pytest.mark.gpu
def test_cuda_equals_the_cpu() -> None:
    inputs = example(3, torch.float32, batch=4, points=64, rows=32, k=9, c=96)
    found = []
    for device in ("cpu", "cuda"):
        points, feature, anchors, weight, frames, index = (t.to(device) for t in inputs)
        feature, weight = feature.detach().requires_grad_(), weight.detach().requires_grad_()
        out = tube_sum(points, feature, anchors, weight, frames, index)
        out.square().sum().backward()
        found.append([t.cpu() for t in (out, feature.grad, weight.grad)])
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("place", "shape"), [(0, (2, 3, 6, 3)), (3, (4, 3)), (2, (2, 2, 3, 3)), (4, (3, 3))]
)
def test_shapes_that_do_not_fit_are_refused(place: int, shape: tuple[int, ...]) -> None:
    inputs = example(0)
    inputs[place] = torch.zeros(shape, dtype=inputs[place].dtype)
    with pytest.raises(ValueError, match=r"fit|must be"):
        tube_sum(*inputs)


@pytest.mark.parametrize("place", [4, 5])
def test_an_index_out_of_range_is_refused(place: int) -> None:
    inputs = example(0)
    inputs[place].view(-1)[0] = 7
    with pytest.raises(IndexError, match="holds 7"):
        tube_sum(*inputs)


def test_empty_slots_filled_with_the_first_neighbour() -> None:
    inputs = example(4, k=5)
    inputs[5][..., 2:] = inputs[5][..., :1]
    torch.testing.assert_close(tube_sum(*inputs), by_definition(*inputs))


def test_opcheck() -> None:
    inputs = example(0, torch.float32)
    inputs[1].requires_grad_()
    inputs[3].requires_grad_()
    torch.library.opcheck(torch.ops.pcv.tube_sum, tuple(inputs))


def test_turning_neighbours_around_lists_who_reached_each_point() -> None:
    frames, index = torch.tensor([[1, -1]]), torch.full((1, 1, 2, 2, 2), -1)
    index[0, 0, 0] = torch.tensor([[0, 2], [2, -1]])
    index[0, 0, 1] = 1  # a padded frame: reaches nobody
    order, starts = _reached_from(frames, index, 2, 3)
    assert starts.tolist() == [0, 0, 0, 0, 1, 1, 3]  # points 0 and 2 of frame 1
    assert order[:3].tolist() == [0, 1, 2]
