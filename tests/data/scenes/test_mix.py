import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pcv.clip import ClipBatch
from pcv.config.data import AugmentConfig, DataConfig
from pcv.data.dataset import training_batches
from pcv.data.scenes.dataset import SceneDataset
from pcv.data.scenes.mix import OF_POINTS, mix_scenes

DATA = DataConfig(frames=1, points=200, colour=True, normals=True, instances=True, centre="clip")
KEY = (3, 1, 0)


def batch(rooms, count=3, **change):
    data = DATA.model_copy(update={"region": DATA.region.model_copy(update={"per_scene": 2})})
    clips = SceneDataset(rooms, [0, 1, 2], data, augment=AugmentConfig(**change), seed=3)
    return next(iter(training_batches(clips, batch=count, epoch=1)))


def rows(found, clip, columns=OF_POINTS):
    """Every point of a clip with all that is known of it, as comparable lines."""
    parts = [getattr(found, name)[clip, 0] for name in columns if name != "second"]
    return torch.cat([p.reshape(len(p), -1).double() for p in parts], 1).tolist()


NO_NUMBER = [name for name in OF_POINTS if name != "point_instance"]


def test_a_pair_holds_the_points_and_labels_of_both(rooms):
    plain = batch(rooms, 4)
    mixed = mix_scenes(plain, 1.0, KEY)
    assert mixed.points.shape == (2, 1, 400, 3)
    for pair in (0, 1):
        both = rows(plain, 2 * pair, NO_NUMBER) + rows(plain, 2 * pair + 1, NO_NUMBER)
        assert sorted(rows(mixed, pair, NO_NUMBER)) == sorted(both)
    assert mixed.video.tolist() == plain.video[::2].tolist()
    assert mixed.point_index is None


@pytest.mark.parametrize("count", [1, 2, 3, 5, 6])
def test_the_number_of_labelled_points_of_each_class_stays(rooms, count):
    plain = batch(rooms, count)
    mixed = mix_scenes(plain, 1.0, KEY)
    assert len(mixed.points) == (count + 1) // 2
    for one in plain.point_label.unique().tolist():
        if one >= 0:
            assert (mixed.point_label == one).sum() == (plain.point_label == one).sum()
    if count % 2:
        last = mixed.point_label[-1, 0]
        assert torch.equal(mixed.points[-1, 0, :200], mixed.points[-1, 0, 200:])
        assert torch.equal(last[:200], plain.point_label[-1, 0])
        assert (last[200:] == -1).all()


def test_objects_stay_apart(rooms):
    plain = batch(rooms, 5)
    mixed = mix_scenes(plain, 1.0, KEY)
    for pair in range(2):
        one, two = (plain.point_instance[2 * pair + k, 0] for k in (0, 1))
        found = mixed.point_instance[pair, 0]
        assert torch.equal(found[:200], one)
        assert torch.equal(found[200:] == -1, two == -1)
        groups = [found[200:] == value for value in found[200:].unique() if value >= 0]
        assert len(groups) == len(two[two >= 0].unique())
        assert all(len(two[group].unique()) == 1 for group in groups)
        assert not set(found[:200][one >= 0].tolist()) & set(found[200:][two >= 0].tolist())
    assert torch.equal(mixed.point_instance[2, 0], plain.point_instance[4, 0].repeat(2))


def test_a_probability_of_zero_changes_nothing(rooms):
    plain = batch(rooms)
    assert mix_scenes(plain, 0.0, KEY) is plain


@settings(max_examples=20, deadline=None)
@given(st.floats(0.05, 0.95), st.integers(0, 5), st.integers(0, 50))
def test_only_seed_epoch_and_number_decide(chance, seed, epoch):
    points = torch.rand(2, 1, 4, 3)
    plain = ClipBatch(points, torch.zeros(2), torch.arange(2))
    drawn = [[len(mix_scenes(plain, chance, (seed, epoch, n)).points) for n in range(8)]
             for _ in range(2)]  # fmt: skip
    assert drawn[0] == drawn[1]


def test_so_many_batches_are_mixed():
    plain = ClipBatch(torch.rand(2, 1, 4, 3), torch.zeros(2), torch.arange(2))
    mixed = [len(mix_scenes(plain, 0.8, (0, e, n)).points) == 1
             for e in range(20) for n in range(20)]  # fmt: skip
    assert np.mean(mixed) == pytest.approx(0.8, abs=0.06)


def test_a_second_view_is_merged_too(rooms):
    plain = batch(rooms, 2, two_views=True)
    mixed = mix_scenes(plain, 1.0, KEY)
    assert torch.equal(mixed.second[0, 0], torch.cat([plain.second[0, 0], plain.second[1, 0]]))
