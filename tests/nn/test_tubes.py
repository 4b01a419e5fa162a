import pytest
import torch

from pcv.nn.tubes import (
    TimeGrid,
    choose_anchors,
    feature_matrix,
    find_neighbours,
    gather_reach,
    mix_feature,
)
from pcv.ops import farthest_points


def test_padding_is_minus_one_or_the_nearest_frame():
    zeros = TimeGrid(3, 2, 1, 0, "zeros").frames(4)
    assert [t.tolist() for t in zeros] == [[0, 2], [[-1, 0, 1], [1, 2, 3]]]
    same = TimeGrid(3, 1, 1, 1, "replicate").frames(2)
    assert [t.tolist() for t in same] == [[0, 1], [[0, 0, 1], [0, 1, 1]]]


def test_clips_that_do_not_fit():
    with pytest.raises(ValueError, match="do not fit"):
        TimeGrid(3, 2).frames(4)
    with pytest.raises(ValueError, match="may not lie in the zero padding"):
        TimeGrid(1, 1, 1, 0).frames(2)


def test_prefix_anchors_of_ordered_points_are_their_farthest_points():
    points = torch.rand(2, 16, 3)
    order = farthest_points(points, 16)
    ordered = torch.stack([p[o] for p, o in zip(points, order, strict=True)])[:, None]
    chosen = [choose_anchors(ordered, torch.tensor([0]), 5, how) for how in ("prefix", "fps")]
    assert torch.equal(*chosen)


def test_a_padded_frame_has_no_neighbours_and_gathers_zeros():
    position = torch.rand(2, 3, 8, 3)
    reach = [[-1, 2]]
    index = find_neighbours(position, position[:, :1, :2].contiguous(), reach, 5.0, 3)
    assert (index[:, :, 0] == -1).all()
    assert (index[:, :, 1] == torch.arange(3)).all()
    grouped = gather_reach(position, torch.tensor(reach), index)
    assert (grouped[:, :, 0] == 0).all()
    assert torch.equal(grouped[:, 0, 1, 0], position[:, 2, :3])


@pytest.mark.parametrize("padding", ["zeros", "replicate"])
def test_steps_are_the_frames_as_plain_numbers(padding):
    grid = TimeGrid(3, 2, 1, 0, padding)
    centres, reach = grid.steps(6)
    assert [t.tolist() for t in grid.frames(6)] == [centres, reach]
    assert all(type(frame) is int for row in reach for frame in row)


def test_a_layer_that_reads_positions_only_has_no_matrix():
    assert feature_matrix(5, 0, 1.0) is None
    matrix = feature_matrix(5, 4, 0.1)
    assert matrix.shape == (5, 4)
    assert 0.05 < matrix.abs().max() <= 0.1


def test_features_are_mixed_where_there_are_some():
    feature, matrix = torch.rand(2, 3, 4), feature_matrix(5, 4, 1.0)
    torch.testing.assert_close(mix_feature(feature, matrix, torch.float32), feature @ matrix.t())
    with torch.autocast("cpu", torch.bfloat16):
        assert mix_feature(feature, matrix, torch.float32).dtype == torch.float32
    assert mix_feature(feature, None, torch.float32) is feature
    assert mix_feature(None, matrix, torch.float32) is None
