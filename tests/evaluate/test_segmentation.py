import numpy as np
import pytest
import torch

from pcv.clip import ClipBatch, Logits
from pcv.config.encoder import PSTNetConfig
from pcv.config.supervised import SegmentationConfig
from pcv.encoders import build_encoder
from pcv.evaluate.segmentation import guess_points, only_clip, score_points, take_points
from pcv.objectives import Supervised
from pcv.objectives.segmentation import Segmentation


class Right(Supervised):
    """Tells class 1 from 0 by x alone, and notes what it was shown."""

    def __init__(self, halves="z", overlap=0.1):
        super().__init__()
        self.config = SegmentationConfig(halves=halves, overlap=overlap)
        self.shown = []

    def guess(self, batch):
        self.shown.append(batch.points)
        along = batch.points[..., 0]
        return Logits(torch.stack([0.5 - along, along - 0.5], -1))


def label_points(objective, points):
    none = torch.zeros(len(points))
    return guess_points(objective, ClipBatch(points, none, none)).label


def cloud(clips=2, frames=3, points=50):
    return torch.rand(clips, frames, points, 3, generator=torch.Generator().manual_seed(0))


class ByColour(Right):
    """Tells class 1 from 0 by red alone."""

    def guess(self, batch):
        red = batch.point_colour[..., 0] / 255
        return Logits(torch.stack([0.5 - red, red - 0.5], -1))


def test_points_keep_their_colours_in_both_halves():
    points, generator = cloud(), torch.Generator().manual_seed(1)
    label = torch.randint(0, 2, points.shape[:3], generator=generator)
    colour = (label * 255)[..., None].expand(-1, -1, -1, 3).to(torch.uint8)
    batch = ClipBatch(points, torch.zeros(2), torch.arange(2), point_label=label)
    fresh = np.ones((2, 3), bool)
    found = score_points(ByColour(), [batch._replace(point_colour=colour)], fresh, 2)
    assert np.trace(found.confusion) == found.confusion.sum() == label.numel()


@pytest.mark.parametrize("halves", ["none", "x", "y", "z"])
def test_every_point_gets_the_prediction_of_its_own_half(halves):
    points = cloud()
    found = label_points(Right(halves), points)
    assert torch.equal(found, (points[..., 0] > 0.5).long())


def test_each_half_sees_the_overlap_and_no_more():
    objective, points = Right(overlap=0.1), cloud(1)
    label_points(objective, points)
    cut = points[..., 2].median()
    upper, lower = objective.shown
    assert cut - 0.1 < upper[..., 2].min() <= cut
    assert cut < lower[..., 2].max() <= cut + 0.1
    assert upper.shape[2] == (points[..., 2] > cut - 0.1).sum(2).max()


def test_a_frame_on_one_side_alone():
    points = cloud(1)
    points[0, 0, :, 2] += 5.0
    found = label_points(Right(), points)
    assert torch.equal(found, (points[..., 0] > 0.5).long())
    same = points.clone()
    same[..., 2] = 1.0  # the upper half is empty everywhere
    assert torch.equal(label_points(Right(), same), (same[..., 0] > 0.5).long())


def test_a_prediction_does_not_depend_on_the_batch():
    torch.manual_seed(0)
    encoder = build_encoder(PSTNetConfig(width=1 / 32, radius=0.3))
    objective = Segmentation(SegmentationConfig(overlap=0.1), encoder, classes=3).eval()
    points = cloud(2, 4, 128)
    both = label_points(objective, points)
    assert torch.equal(both[1:], label_points(objective, points[1:]))


def test_counts_leave_out_ignored_points_and_frames_that_were_counted():
    points = cloud()
    truth = (points[..., 0] > 0.5).long()
    truth[0, :, :10] = -1
    batch = ClipBatch(points, torch.zeros(2), torch.tensor([4, 4]), point_label=truth)
    fresh = np.array([[True, True, True], [False, False, True]])
    steps = []
    found = score_points(Right(), [batch], fresh, 3, steps.append)
    assert found.confusion.sum() == np.trace(found.confusion) == 3 * 40 + 50
    assert (found.videos, steps) == (1, [2])
    with pytest.raises(ValueError, match="without point labels"):
        score_points(Right(), [batch._replace(point_label=None)], fresh, 3)


def test_one_clip_and_some_of_its_points_keep_what_is_known_of_them():
    points = cloud()
    colour = (points * 255).to(torch.uint8)
    batch = ClipBatch(points, torch.zeros(2), torch.arange(2), point_colour=colour)
    second = only_clip(batch, 1)
    assert torch.equal(second.points, points[1:])
    assert torch.equal(second.point_colour, colour[1:])
    assert second.video.tolist() == [1]
    index = torch.tensor([[3, 1], [0, 0], [7, 9]])
    taken = take_points(second, index)
    assert torch.equal(taken.points[0], torch.stack([points[1, t, index[t]] for t in range(3)]))
    assert torch.equal(taken.point_colour[0, 2], colour[1, 2, [7, 9]])
    assert taken.point_normal is None
