import pytest
import torch

from pcv.ops.tubes import (
    check_all_there,
    check_displaced,
    check_reach,
    check_tubes,
    displacement,
    gather_frames,
    sum_frames,
    sum_rows,
)


def test_gathering_and_displacements_follow_frames_and_neighbours() -> None:
    points = torch.rand(2, 3, 5, 3)
    frames, index = torch.tensor([[0, 1], [1, 2]]), torch.randint(0, 5, (2, 2, 2, 4, 6))
    anchors = torch.rand(2, 2, 4, 3)
    near = gather_frames(points, frames[:, 1], index[:, :, 1])
    away = displacement(points, anchors, frames, index, 1)
    for b, a, m, k in ((0, 0, 0, 0), (1, 1, 3, 5), (0, 1, 2, 4)):
        wanted = points[b, frames[a, 1], index[b, a, 1, m, k]]
        assert torch.equal(near[b, a, m, k], wanted)
        assert torch.equal(away[b, a, m, k, :3], wanted - anchors[b, a, m])
    assert (away[..., 3] == 0).all()  # of two taps the second is the middle one
    assert (displacement(points, anchors, frames, index, 0)[..., 3] == -1).all()


def test_summing_by_point_undoes_gathering() -> None:
    points = torch.zeros(2, 3, 5, 3)
    frames, index = torch.tensor([0, 2]), torch.randint(0, 5, (2, 2, 4, 6))
    values = torch.rand(2, 2, 4, 6, 7, dtype=torch.float64)
    feature = torch.zeros(2, 3, 5, 7, dtype=torch.float64, requires_grad=True)
    (wanted,) = torch.autograd.grad((gather_frames(feature, frames, index) * values).sum(), feature)
    torch.testing.assert_close(sum_frames(values, frames, index, points), wanted)


def test_shapes_that_do_not_fit_are_refused() -> None:
    points, anchors, weight = torch.zeros(2, 3, 5, 3), torch.zeros(2, 1, 4, 3), torch.zeros(7, 4)
    frames, index = torch.tensor([[0, 1]]), torch.zeros(2, 1, 2, 4, 6, dtype=torch.int64)
    feature = torch.zeros(2, 3, 5, 7)
    check_displaced(points, feature, anchors, weight, frames, index, columns=4)
    check_displaced(points, None, anchors, weight, frames, index, columns=4)
    with pytest.raises(ValueError, match="do not fit feature"):
        check_displaced(points, feature[:1], anchors, weight, frames, index, columns=4)
    with pytest.raises(ValueError, match=r"weight must be \(C, 5\), found \(7, 4\)"):
        check_displaced(points, feature, anchors, weight, frames, index, columns=5)
    for wrong in (
        (anchors[:, :, :3], frames, index),
        (anchors, frames[:, :1], index),
        (anchors, frames, index[:1]),
    ):
        with pytest.raises(ValueError, match="do not fit each other"):
            check_tubes(*wrong, batch=2)


def test_rows_of_one_number_are_added() -> None:
    values, row = torch.arange(8.0).reshape(4, 2), torch.tensor([2, 0, 2, 2])
    assert sum_rows(values, row, 4).tolist() == [[2, 3], [0, 0], [10, 13], [0, 0]]


def test_indices_out_of_range_are_refused() -> None:
    points, frames = torch.zeros(1, 2, 3, 3), torch.tensor([[0, 1]])
    index = torch.zeros(1, 1, 2, 1, 2, dtype=torch.int64)
    check_all_there(points, frames, index)
    with pytest.raises(IndexError, match="frames holds 2, the largest index is 1"):
        check_reach(points, frames + 1, index)
    with pytest.raises(IndexError, match="index holds 3, the largest index is 2"):
        check_reach(points, frames, index + 3)
    with pytest.raises(IndexError, match="index holds -1"):
        check_all_there(points, frames, index - 1)
