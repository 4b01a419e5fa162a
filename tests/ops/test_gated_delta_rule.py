import subprocess
import sys

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from pcv.ops import gated_delta_rule, gated_delta_scan


def recurrence(query, key, value, log_decay, beta):
    """The definition, one token after the other."""
    state = torch.zeros(*query.shape[::2][:1], query.shape[2], key.shape[3], value.shape[3])
    state = state.to(value.dtype)
    out = []
    for t in range(query.shape[1]):
        state = log_decay[:, t].exp()[..., None, None] * state
        old = torch.einsum("bhkv,bhk->bhv", state, key[:, t])
        write = beta[:, t][..., None] * (value[:, t] - old)
        state = state + torch.einsum("bhk,bhv->bhkv", key[:, t], write)
        out.append(torch.einsum("bhkv,bhk->bhv", state, query[:, t]) * key.shape[3] ** -0.5)
    return torch.stack(out, 1)


def inputs(batch, length, heads, width, out, dtype=torch.float32, decay=0.3, seed=0):
    draw = torch.Generator().manual_seed(seed)

    def random(*shape):
        return torch.randn(batch, length, heads, *shape, generator=draw, dtype=dtype)

    parts = [F.normalize(random(width), dim=-1), F.normalize(random(width), dim=-1), random(out),
             -decay * random().abs(), torch.sigmoid(random())]  # fmt: skip
    return [part.requires_grad_() for part in parts]


@given(
    st.integers(1, 2), st.integers(1, 200), st.integers(1, 3), st.sampled_from([1, 4, 8]),
    st.sampled_from([1, 5, 8]), st.sampled_from([0.0, 0.3, 30.0]),
)  # fmt: skip
@settings(max_examples=25)
def test_it_is_the_recurrence(batch, length, heads, width, out, decay):
    parts = inputs(batch, length, heads, width, out, decay=decay)
    found, wanted = gated_delta_rule(*parts), recurrence(*parts)
    torch.testing.assert_close(found, wanted, rtol=1e-5, atol=1e-5)
    weight = torch.randn_like(found)
    grads = torch.autograd.grad((found * weight).sum(), parts)
    expected = torch.autograd.grad((wanted * weight).sum(), parts)
    for one, two in zip(grads, expected, strict=True):
        torch.testing.assert_close(
            one, two, rtol=1e-5, atol=1e-5 * max(1.0, float(two.abs().max()))
        )


def test_long_sequences_go_piece_by_piece():
    """More than one piece of 64 chunks, the last one partly filled."""
    parts = inputs(1, 5000, 2, 8, 8)
    torch.testing.assert_close(gated_delta_rule(*parts), recurrence(*parts), rtol=1e-5, atol=1e-5)


@given(st.integers(1, 150), st.integers(1, 150))
@settings(max_examples=10)
def test_a_scan_goes_on_from_the_state_it_left(first, more):
    parts = [part.detach() for part in inputs(2, first + more, 2, 4, 5)]
    whole, last = gated_delta_scan(parts)
    one, state = gated_delta_scan([part[:, :first] for part in parts])
    two, end = gated_delta_scan([part[:, first:] for part in parts], state)
    torch.testing.assert_close(torch.cat([one, two], 1), whole, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(end, last, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("chunk", [1, 4, 64])
def test_any_chunk_gives_the_same_and_gradients_check_in_double(chunk):
    parts = inputs(1, 9, 2, 2, 3, dtype=torch.float64)
    torch.testing.assert_close(
        gated_delta_rule(*parts, chunk=chunk), recurrence(*parts), rtol=1e-12, atol=1e-12
    )
    assert torch.autograd.gradcheck(lambda *p: gated_delta_rule(*p, chunk=chunk), parts)


def test_the_state_is_float32_under_autocast():
    parts = [part.detach() for part in inputs(1, 300, 2, 16, 16)]
    halves = [part.bfloat16() for part in parts]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = gated_delta_rule(*halves)
    assert found.dtype == torch.bfloat16
    wanted = recurrence(*(part.float() for part in halves))
    torch.testing.assert_close(
        found.float(), wanted, rtol=1e-2, atol=1e-3
    )  # rounded once, at the end


def test_strong_decay_and_repeated_keys_stay_finite():
    parts = [part.detach() for part in inputs(1, 512, 1, 8, 8, decay=1e4)]
    parts[1] = parts[1][:, :1].expand_as(parts[1]).clone()
    parts = [part.requires_grad_() for part in parts]
    found = gated_delta_rule(*parts)
    found.sum().backward()
    assert found.isfinite().all()
    assert all(part.grad.isfinite().all() for part in parts)


def test_shapes_that_disagree_are_refused():
    query, key, value, log_decay, beta = inputs(1, 4, 2, 3, 5)
    for bad in (
        (query, key[:, :3], value, log_decay, beta), (query, key, value[:, :3], log_decay, beta),
        (query, key, value, log_decay[:, :, :1], beta), (query, key, value, log_decay, beta[0]),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=r"must (be|begin)"):
            gated_delta_rule(*bad)


def test_backward_is_linear_in_the_number_of_chunks():
    """The graph holds a few nodes a chunk, none of which fills a whole tensor with zeros."""
    parts = inputs(1, 64 * 40, 1, 4, 4)
    nodes, queue = set(), [gated_delta_rule(*parts).grad_fn]
    while queue:
        node = queue.pop()
        if node is not None and node not in nodes:
            nodes.add(node)
            queue += [parent for parent, _ in node.next_functions]
    assert sum("Slice" in type(node).__name__ for node in nodes) < 8
    assert sum("Select" in type(node).__name__ for node in nodes) < 8


def test_importing_the_rule_does_not_import_fla():
    code = "import sys, pcv.ops; print([m for m in sys.modules if m.split('.')[0] == 'fla'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.gpu
def test_backends_agree_on_cuda():
    pytest.importorskip("fla")
    parts = [part.detach().cuda().requires_grad_() for part in inputs(2, 300, 2, 32, 64)]
    ours = gated_delta_rule(*parts, backend="torch")
    theirs = gated_delta_rule(*parts, backend="fla")
    torch.testing.assert_close(ours, theirs, rtol=1e-2, atol=1e-2)
    torch.testing.assert_close(
        ours.cpu(), gated_delta_rule(*(p.cpu() for p in parts)), rtol=1e-4, atol=1e-4
    )
