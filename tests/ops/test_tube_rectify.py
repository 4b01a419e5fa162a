import pytest
import torch

from pcv.ops import tube_rectify
from pcv.ops.tube_rectify import _composed, _composed_backward
from tests.ops.test_tube_max import example


def inputs_of(seed: int, featured: bool = True, dtype: torch.dtype = torch.float64, **size: int):
    inputs = example(seed, dtype, **size)
    inputs[3] = torch.cat([inputs[3], inputs[3][:, :1]], 1)
    inputs[1] = inputs[1] if featured else None
    return inputs


def by_definition(points, feature, anchors, weight, frames, index) -> torch.Tensor:
    batch, steps, taps, rows, slots = index.shape
    out = points.new_zeros(*index.shape, len(weight))
    for b in range(batch):
        for a in range(steps):
            for r in range(taps):
                for i in range(rows):
                    for k in range(slots):
                        f, j = int(frames[a, r]), int(index[b, a, r, i, k])
                        offset = points[b, f, j] - anchors[b, a, i]
                        time = points.new_tensor([r - taps // 2, 1])
                        value = torch.relu(weight @ torch.cat([offset, time]))
                        out[b, a, r, i, k] = value + (0 if feature is None else feature[b, f, j])
    return out


@pytest.mark.parametrize("featured", [True, False])
@pytest.mark.parametrize("taps", [1, 3])
def test_equal_to_the_definition(featured, taps) -> None:
    inputs = inputs_of(taps, featured, taps=taps)
    torch.testing.assert_close(tube_rectify(*inputs), by_definition(*inputs))


def test_gradients() -> None:
    points, feature, anchors, weight, frames, index = inputs_of(0)
    assert torch.autograd.gradcheck(
        lambda f, w: tube_rectify(points, f, anchors, w, frames, index),
        (feature.requires_grad_(), weight.requires_grad_()),
    )


@pytest.mark.parametrize("featured", [True, False])
def test_the_composed_kernel_of_cuda_equals_the_loops(featured) -> None:
    inputs = inputs_of(5, featured)
    plain = [inputs[0], inputs[0][..., :0] if inputs[1] is None else inputs[1], *inputs[2:]]
    out = tube_rectify(*inputs)
    torch.testing.assert_close(out, _composed(*plain))
    points, _, anchors, weight, frames, index = plain
    rest = (torch.randn_like(out), points, anchors, weight, frames, index, featured)
    one = torch.ops.pcv.tube_rectify_backward(*rest)
    for found, wanted in zip(_composed_backward(*rest), one, strict=True):
        torch.testing.assert_close(found, wanted)


def test_two_runs_give_the_same_bits() -> None:
    inputs = inputs_of(1, dtype=torch.float32, batch=4, points=40, k=9)
    grads = []
    for threads in (1, 2):
        torch.set_num_threads(threads)
        feature, weight = (t.clone().requires_grad_() for t in (inputs[1], inputs[3]))
        out = tube_rectify(inputs[0], feature, inputs[2], weight, *inputs[4:])
        out.square().sum().backward()
        grads.append((feature.grad, weight.grad))
    torch.set_num_threads(1)
    assert torch.equal(grads[0][0], grads[1][0])
    assert torch.equal(grads[0][1], grads[1][1])


@pytest.mark.gpu
def test_cuda_equals_the_cpu() -> None:
    inputs = inputs_of(3, dtype=torch.float32, batch=4, points=64, rows=32, k=9, c=96)
    found = []
    for device in ("cpu", "cuda"):
        points, feature, anchors, weight, frames, index = (t.to(device) for t in inputs)
        feature, weight = feature.detach().requires_grad_(), weight.detach().requires_grad_()
        out = tube_rectify(points, feature, anchors, weight, frames, index)
        out.square().sum().backward()
        found.append([t.cpu() for t in (out, feature.grad, weight.grad)])
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("place", "shape"), [(1, (2, 3, 6, 5)), (3, (5, 4)), (4, (3, 3))])
def test_shapes_that_do_not_fit_are_refused(place: int, shape: tuple[int, ...]) -> None:
    inputs = inputs_of(0)
    inputs[place] = torch.zeros(shape, dtype=inputs[place].dtype)
    with pytest.raises(ValueError, match=r"fit|must be"):
        tube_rectify(*inputs)


def test_a_missing_neighbour_is_refused() -> None:
    inputs = inputs_of(0)
    inputs[5].view(-1)[0] = -1
    with pytest.raises(IndexError, match="holds -1"):
        tube_rectify(*inputs)


def test_opcheck() -> None:
    inputs = inputs_of(0, dtype=torch.float32)
    inputs[1].requires_grad_()
    inputs[3].requires_grad_()
    torch.library.opcheck(torch.ops.pcv.tube_rectify, tuple(inputs))
