import multiprocessing
import os

import pytest
import torch

from pcv import ops
from pcv.ops import threads


def results() -> list[torch.Tensor]:
    """Every op on one input, and the gradients of the one that has them."""
    generator = torch.Generator().manual_seed(0)
    points = torch.rand(4, 2, 50, 3, generator=generator)
    anchors, frames = points[:, :1, :20].contiguous(), torch.tensor([[-1, 0, 1]])
    feature = torch.rand(4, 2, 50, 7, generator=generator, requires_grad=True)
    weight = torch.rand(7, 3, generator=generator, requires_grad=True)
    near = [ops.ball_query(points[:, f], anchors[:, 0], 0.3, 5) for f in (0, 0, 1)]
    out = ops.tube_sum(points, feature, anchors, weight, frames, torch.stack(near, 1)[:, None])
    grads = torch.autograd.grad(out.square().sum(), (feature, weight))
    found = ops.nearest(points[:, 0], anchors[:, 0], 3)
    scene = torch.rand(1, 3000, 3, generator=generator)  # its anchors are dealt to the threads
    near.append(ops.ball_query(scene, scene, 0.05, 5))
    return [*near, out.detach(), *grads, *found, ops.farthest_points(points[:, 0], 9)]


def test_threads_change_no_bit() -> None:
    alone = results()
    torch.set_num_threads(2)
    try:
        together = results()
    finally:
        torch.set_num_threads(1)
    for one, other in zip(alone, together, strict=True):
        assert torch.equal(one, other)


def test_torch_rules_the_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "_MOST", 8)
    asked = []
    monkeypatch.setattr(threads, "set_num_threads", asked.append)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 3)
    assert threads.threaded(2)
    assert asked == [3]
    assert not threads.threaded(1)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    assert not threads.threaded(2)


def test_a_forked_process_stays_out_of_the_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    monkeypatch.setattr(threads, "_MOST", 2)
    monkeypatch.setattr(os, "getpid", lambda: -1)
    assert not threads.threaded(9)


@pytest.mark.parametrize(("count", "wanted"), [(1, [(0, "a")]), (3, ["a"])])
def test_tasks_run_one_by_one_or_all_at_once(
    monkeypatch: pytest.MonkeyPatch, count: int, wanted: list[object]
) -> None:
    monkeypatch.setattr(threads, "_MOST", 2)
    monkeypatch.setattr(threads, "set_num_threads", lambda number: None)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    done: list[object] = []
    threads.run_tasks(lambda *one: done.append(one), done.append, count, "a")
    assert done == wanted


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_ops_work_in_a_process_forked_after_the_pool_was_used() -> None:
    points = torch.rand(4, 50, 3)
    torch.set_num_threads(2)
    try:
        wanted = ops.ball_query(points, points, 0.3, 5)
        child = multiprocessing.get_context("fork").Process(
            target=_find, args=(points, wanted), daemon=True
        )
        child.start()
        child.join(60)
    finally:
        torch.set_num_threads(1)
    assert child.exitcode == 0


def _find(points: torch.Tensor, wanted: torch.Tensor) -> None:
    assert torch.equal(ops.ball_query(points, points, 0.3, 5), wanted)
