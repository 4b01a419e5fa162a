import numpy as np
import pytest
import torch

from pcv.config.data import AugmentConfig, DataConfig
from pcv.data.dataset import (
    ClipDataset,
    evaluation_batches,
    steps_per_epoch,
    training_batches,
)
from pcv.data.prepare import prepare
from pcv.data.store.store import Store, open_store
from tests.conftest import CloudReader

DATA = DataConfig(frames=8, points=16)
AUGMENT = AugmentConfig(rotate=20.0, jitter=0.01, two_views=True)


def training(store: Store, **options: object) -> ClipDataset:
    return ClipDataset(store, [0, 2, 3], DATA, **({"augment": AUGMENT, "seed": 3} | options))


def test_an_item_depends_on_seed_epoch_and_index_alone(store: Store) -> None:
    first = training(store)[(1, 5)]
    for other in (training(store)[(1, 5)], training(store, cache=False)[(1, 5)]):
        np.testing.assert_array_equal(first.points, other.points)
        np.testing.assert_array_equal(first.second, other.second)
    for other in (training(store)[(2, 5)], training(store, seed=4)[(1, 5)]):
        assert not np.array_equal(first.points, other.points)
    assert not np.array_equal(first.points, first.second)


@pytest.mark.parametrize("workers", [0, 2])
def test_batches_are_the_same_for_any_number_of_workers(store: Store, workers: int) -> None:
    alone = list(training_batches(training(store), batch=7, epoch=2))
    found = list(training_batches(training(store), batch=7, epoch=2, workers=workers))
    assert len(alone) == len(found) == steps_per_epoch(training(store), 7)
    for one, other in zip(alone, found, strict=True):
        assert torch.equal(one.points, other.points)
        assert torch.equal(one.second, other.second)
        assert torch.equal(one.video, other.video)
        assert one.points.shape == (7, 8, 16, 3)


def test_a_resumed_epoch_goes_on_where_it_stopped(store: Store) -> None:
    whole = [b.video.tolist() for b in training_batches(training(store), batch=7, epoch=0)]
    rest = [b.video.tolist() for b in training_batches(training(store), batch=7, epoch=0, first=3)]
    assert rest == whole[3:]


def test_every_epoch_has_an_order_of_its_own(store: Store) -> None:
    orders = [
        [b.video.tolist() for b in training_batches(training(store), batch=7, epoch=e)]
        for e in range(2)
    ]
    assert orders[0] != orders[1]


def test_evaluation_is_every_clip_once_from_the_stored_prefix(store: Store) -> None:
    clips = ClipDataset(store, range(len(store)), DATA)
    batches = list(evaluation_batches(clips, batch=5))
    video = torch.cat([b.video for b in batches])
    wanted = np.maximum(store.videos.length - 8 + 1, 1)
    assert torch.bincount(video).tolist() == wanted.tolist()
    again = torch.cat([b.points for b in evaluation_batches(clips, batch=64)])
    assert torch.equal(torch.cat([b.points for b in batches]), again)
    prefix = store.read(0, np.arange(8), 16) - store.videos.centroid[0].astype(np.float32)
    np.testing.assert_array_equal(again[0], prefix)


def test_a_random_draw_depends_on_its_number_and_the_start_alone(store: Store) -> None:
    one = ClipDataset(store, [2, 3], DATA).cut_again(DATA, 1)
    starts = one.clips[:, 1].tolist()
    again = ClipDataset(store, [3], DATA, cache=False, seed=5).cut_again(DATA, 1)
    first = starts.index(0, 1)
    np.testing.assert_array_equal(one[(0, first)].points, again[(0, 0)].points)
    other = one.cut_again(DATA, 2)
    assert not np.array_equal(other[(0, first)].points, one[(0, first)].points)
    # Every point is one of the first 2 N stored ones, and no point is drawn twice.
    stored = store.read(3, np.arange(8), 32)
    drawn = other[(0, first)].points + store.videos.centroid[3].astype(np.float32)
    for kept, frame in zip(drawn, stored, strict=True):
        near = np.abs(kept[:, None] - frame).sum(-1).argmin(1)
        assert len(set(near)) == 16
        np.testing.assert_allclose(kept, frame[near], atol=1e-6)


@pytest.mark.parametrize(("short", "videos"), [("pad", 6), ("drop", 5)])
def test_short_videos_are_padded_or_dropped(store: Store, short: str, videos: int) -> None:
    config = DataConfig(frames=12, points=8, short=short)
    clips = ClipDataset(store, range(len(store)), config)
    assert len(np.unique(clips.clips[:, 0])) == videos


def test_one_clip_a_video_starts_anywhere(store: Store) -> None:
    config = DataConfig(frames=8, points=64, epoch="videos", centre="none")
    clips = ClipDataset(store, [3], config, augment=AugmentConfig(scale=(1.0, 1.0)))
    assert len(clips) == 1
    firsts = {clips[(epoch, 0)].points[0].tobytes() for epoch in range(20)}
    assert len(firsts) > 10


@pytest.mark.parametrize("centre", ["none", "video", "clip"])
def test_centres(store: Store, centre: str) -> None:
    clip = ClipDataset(store, [2], DataConfig(frames=8, points=64, centre=centre))[(0, 0)].points
    exact = store.read(2, np.arange(8), 64) + store.videos.origin[2]
    offset = exact - clip
    assert np.ptp(offset, axis=(0, 1)).max() < 1e-5
    if centre == "none":
        np.testing.assert_allclose(clip, exact, atol=1e-6)
    if centre == "clip":
        np.testing.assert_allclose(clip.mean((0, 1)), 0, atol=1e-5)


def test_scale_changes_the_unit_after_everything_else(store: Store) -> None:
    plain = ClipDataset(store, [0], DATA, augment=AUGMENT)[(0, 0)]
    scaled = ClipDataset(store, [0], DataConfig(frames=8, points=16, scale=4.0), augment=AUGMENT)
    np.testing.assert_allclose(scaled[(0, 0)].points, plain.points * 4, rtol=1e-6)


def test_intervals_are_drawn(store: Store) -> None:
    augment = AugmentConfig(scale=(1.0, 1.0), intervals=(1, 3))
    config = DataConfig(frames=4, points=64, epoch="videos")
    clips = ClipDataset(store, [3], config, augment=augment)
    whole = store.read(3, np.arange(40), 64) - store.videos.centroid[3].astype(np.float32)
    steps = set()
    for epoch in range(20):
        points = clips[(epoch, 0)].points
        rows = [int(np.argmin(np.abs(whole - frame).sum((1, 2)))) for frame in points]
        steps |= set(np.diff(rows))
    assert steps >= {1, 3}


@pytest.mark.parametrize("cache", [True, False])
@pytest.mark.parametrize("drop", [0.0, 0.8])
def test_labels_and_colours_follow_their_points(labelled: Store, cache: bool, drop: float) -> None:
    """Through sampling, replacing and the other changes: left points stay left points."""
    augment = AugmentConfig(scale=(1.0, 1.0), drop=drop, two_views=True)
    config = DataConfig(frames=8, points=40, centre="none", colour=True)
    clips = ClipDataset(labelled, [0, 3], config, augment=augment, seed=3, cache=cache)
    batch = next(iter(training_batches(clips, batch=6, epoch=0)))
    label, colour = batch.point_label, batch.point_colour
    assert (label.shape, label.dtype) == ((6, 8, 40), torch.int64)
    assert (colour.shape, colour.dtype) == ((6, 8, 40, 3), torch.uint8)
    sure = (batch.points[..., 0].abs() > 1e-3) & (label >= 0)
    assert torch.equal(label[sure], (batch.points[..., 0] > 0)[sure].long())
    assert torch.equal(colour[label >= 0][:, 2].long(), label[label >= 0] * 100 + 7)
    assert (label == 1).any()
    assert (label == 0).any()


def test_evaluation_has_labels_and_only_the_colours_that_are_asked_for(
    labelled: Store, store: Store
) -> None:
    batch = next(iter(evaluation_batches(ClipDataset(labelled, [1], DATA), batch=2, workers=1)))
    frames = np.arange(8)
    assert batch.point_label[0].tolist() == labelled.read_column("labels", 1, frames, 16).tolist()
    assert batch.point_colour is None
    plain = next(iter(evaluation_batches(ClipDataset(store, [1], DATA), batch=2)))
    assert plain.point_label is None
    assert plain.point_colour is None


def test_labels_change_nothing_else_of_a_clip(raw, labelled: Store, tmp_path) -> None:
    """The same points come out of a store with and without them."""
    prepare(CloudReader(), raw, tmp_path / "plain", points=96)
    plain = training(open_store(tmp_path / "plain"))[(1, 5)]
    found = training(labelled)[(1, 5)]
    np.testing.assert_array_equal(plain.points, found.points)
    np.testing.assert_array_equal(plain.second, found.second)
