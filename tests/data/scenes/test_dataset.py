import json

import numpy as np
import pytest
import torch

from pcv.config.data import (
    AugmentConfig,
    ColourAugmentConfig,
    DataConfig,
    ElasticConfig,
    RegionConfig,
)
from pcv.data.dataset import ClipDataset, evaluation_batches, training_batches
from pcv.data.kd_tree import nearest_points
from pcv.data.scenes.dataset import SceneDataset, open_clips
from pcv.data.store.store import Store
from pcv.errors import InputError

FRAME = np.zeros(1, np.int64)
DATA = DataConfig(
    frames=1, points=256, colour=True, normals=True, instances=True, centre="none",
    region=RegionConfig(share=0.5, per_scene=3),
)  # fmt: skip
STILL = AugmentConfig(scale=(1.0, 1.0))


def whole(store: Store, scene: int, name: str = "") -> np.ndarray:
    total = int(store.videos.sizes[scene])
    if name:
        return store.read_column(name, scene, FRAME, total)[0]
    return store.read(scene, FRAME, total)[0] + store.videos.origin[scene].astype(np.float32)


def test_regions_carry_what_is_stored_of_their_points(rooms: Store) -> None:
    clips = open_clips(rooms, [0, 1], DATA, augment=STILL, seed=1)
    assert isinstance(clips, SceneDataset)
    assert len(clips) == 6
    batch = next(iter(training_batches(clips, batch=6, epoch=0)))
    assert batch.points.shape == (6, 1, 256, 3)
    assert (batch.point_normal.dtype, batch.point_instance.dtype) == (torch.float32, torch.int64)
    for row, scene in enumerate(batch.video.tolist()):
        index = batch.point_index[row, 0].numpy()
        np.testing.assert_allclose(batch.points[row, 0], whole(rooms, scene)[index], atol=1e-5)
        for name, found in (
            ("labels", batch.point_label), ("colour", batch.point_colour),
            ("instances", batch.point_instance),
        ):  # fmt: skip
            np.testing.assert_array_equal(found[row, 0], whole(rooms, scene, name)[index])
        normal = whole(rooms, scene, "normals")[index] / 127
        assert (batch.point_normal[row, 0].numpy() * normal).sum(1).min() > 0.98
    assert (batch.point_normal.norm(dim=-1) - 1).abs().max() < 1e-5


@pytest.mark.parametrize("workers", [0, 2])
def test_regions_depend_on_seed_epoch_and_index_alone(rooms: Store, workers: int) -> None:
    def drawn(seed: int, epoch: int, workers: int = 0) -> list[torch.Tensor]:
        augment = AugmentConfig(
            rotate=180, tilt=3, mirror=0.5, jitter=0.01, drop=0.2, two_views=True,
            elastic=ElasticConfig(chance=0.5), colour=ColourAugmentConfig(contrast=0.2, shift=0.1),
        )  # fmt: skip
        clips = SceneDataset(rooms, [0, 1], DATA, augment=augment, seed=seed)
        batches = training_batches(clips, batch=3, epoch=epoch, workers=workers)
        return [part for b in batches for part in (b.points, b.point_colour, b.second)]

    alone = drawn(1, 2)
    assert all(torch.equal(a, b) for a, b in zip(alone, drawn(1, 2, workers), strict=True))
    for other in (drawn(2, 2), drawn(1, 3)):
        assert not torch.equal(alone[0], other[0])


def test_normals_follow_rotation_mirror_and_unequal_scale(rooms: Store) -> None:
    """A wall's normal stays across the wall, whatever was done to both."""
    augment = AugmentConfig(scale=(0.6, 1.6), rotate=180, tilt=30, mirror=0.5)
    config = DATA.model_copy(update={"region": RegionConfig(per_scene=20)})
    clips = SceneDataset(rooms, [0], config, augment=augment)
    checked = 0
    for item in range(len(clips)):
        clip = clips[0, item]
        points, columns = clip.points, clip.columns
        for thing in np.unique(columns["instances"]):
            wall = (columns["instances"] == thing)[0]
            flat = points[0, wall] - points[0, wall].mean(0)
            size = np.linalg.svd(flat, compute_uv=False) if len(flat) > 40 else np.ones(3)
            if size[2] < 0.02 * size[1]:
                across = np.linalg.svd(flat)[2][2]
                assert (np.abs(columns["normals"][0, wall] @ across) > 0.98).mean() > 0.9
                checked += 1
    assert checked > 10


@pytest.mark.parametrize("spacing", [0.0, 0.3])
def test_scoring_meets_every_point_once(rooms: Store, spacing: float) -> None:
    config = DATA.model_copy(update={"points": 700, "spacing": spacing})
    clips = SceneDataset(rooms, [0, 2], config, seed=3)
    met = {0: [], 2: []}
    for batch in evaluation_batches(clips, batch=4):
        for row, scene in enumerate(batch.video.tolist()):
            own = batch.point_index[row] >= 0
            met[scene] += batch.point_index[row][own].tolist()
            assert (batch.point_label[row][~own] == -1).all()
            index = batch.point_index[row][own].numpy()
            truth = whole(rooms, scene, "labels")[index]
            np.testing.assert_array_equal(batch.point_label[row][own], truth)
    for scene, places in met.items():
        assert sorted(places) == list(range(clips.kept(scene)))
        assert (clips.kept(scene) < rooms.videos.sizes[scene]) == (spacing > 0)


def test_full_resolution_is_the_nearest_kept_point(rooms: Store) -> None:
    clips = SceneDataset(rooms, [1], DATA.model_copy(update={"spacing": 0.3}))
    kept, points = clips.kept(1), whole(rooms, 1)
    gap = np.linalg.norm(points[:kept, None] - points[None, :kept], axis=2)
    assert gap[np.triu_indices(kept, 1)].min() >= 0.3 - 1e-3
    assert nearest_points(points[:kept], points)[:, 0].tolist() == clips.nearest_kept(1).tolist()
    every = SceneDataset(rooms, [1], DATA)
    assert every.nearest_kept(1).tolist() == list(range(rooms.videos.sizes[1]))


def test_limited_points_keep_their_labels_and_all_others_lose_them(rooms: Store) -> None:
    config = DATA.model_copy(update={"labelled_points": 20})
    clips = SceneDataset(rooms, [0, 1], config, augment=STILL, seed=4)
    limits = clips.limits()
    assert [len(places) for places in limits.values()] == [20, 20]
    for batch in training_batches(clips, batch=3, epoch=0):
        for row, scene in enumerate(batch.video.tolist()):
            index, label = batch.point_index[row, 0].numpy(), batch.point_label[row, 0].numpy()
            listed = limits[rooms.videos.name[scene]]
            assert set(index[label >= 0]) == set(index) & set(listed)
            assert (label >= 0).any()  # a region lies around one of them
            truth = whole(rooms, scene, "labels")[index]
            assert (label[label >= 0] == truth[label >= 0]).all()
    again = SceneDataset(rooms, [0, 1], config, augment=STILL, seed=4).limits()
    other = SceneDataset(rooms, [0, 1], config, augment=STILL, seed=5).limits()
    assert limits == again != other
    assert SceneDataset(rooms, [0], DATA, augment=STILL).limits() == {}
    scored = next(iter(evaluation_batches(SceneDataset(rooms, [0], config), batch=99)))
    assert (scored.point_label >= 0).sum() > 1000  # scoring has all labels


def test_a_file_lists_which_points_keep_their_label(rooms: Store, tmp_path) -> None:
    """Numbers of stored points or places in metres: the same points, each with its own label."""
    names, listed = rooms.videos.name, {0: [3, 50, 700], 1: [9]}
    places = {s: whole(rooms, s)[numbers] for s, numbers in listed.items()}
    known = {s: [n for n in numbers if whole(rooms, s, "labels")[n] >= 0]
             for s, numbers in listed.items()}  # fmt: skip
    for values in (listed, {s: p.tolist() for s, p in places.items()}):
        file = tmp_path / "few.json"
        file.write_text(json.dumps({names[s]: v for s, v in values.items()}))
        config = DATA.model_copy(update={"labelled_points": str(file)})
        clips = SceneDataset(rooms, [0, 1], config, augment=STILL, seed=4)
        assert clips.limits() == {names[s]: numbers for s, numbers in known.items()}
        for clip in (clips[0, item] for item in range(len(clips))):
            index, label = clip.columns["index"][0], clip.columns["labels"][0]
            assert set(index[label >= 0]) == set(index) & set(known[clip.video])
            assert (label >= 0).any()
    sparse = config.model_copy(update={"spacing": 0.3})
    clips = SceneDataset(rooms, [0, 1], sparse, augment=STILL, seed=4)
    near = {s: set(clips.nearest_kept(s)[numbers]) for s, numbers in listed.items()}
    assert all(set(clips.labelled(s)) <= near[s] for s in listed)


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        ({"scene0000_00": [1], "scene0099_00": [1]}, "has no scene scene0099_00"),
        ({"scene0001_00": [1]}, "lists no point of scene0000_00, which trains"),
        ({"scene0000_00": [10**6]}, r"scene0000_00: lists point 1000000 of \d+"),
        ({"scene0000_00": [[0, 0, 99]]}, "m from every point: other axes"),
    ],
)
def test_a_list_of_points_that_does_not_fit_the_store(rooms: Store, tmp_path, tree, said) -> None:
    (tmp_path / "few.json").write_text(json.dumps(tree))
    config = DATA.model_copy(update={"labelled_points": str(tmp_path / "few.json")})
    clips = SceneDataset(rooms, [0], config, augment=STILL)
    with pytest.raises(InputError, match=said):
        clips.labelled(0)


def test_a_scene_smaller_than_a_part_is_filled_up_for_scoring(rooms: Store) -> None:
    total = int(rooms.videos.sizes[0])
    clips = SceneDataset(rooms, [0], DATA.model_copy(update={"points": total + 99}))
    (batch,) = evaluation_batches(clips, batch=4)
    assert batch.points.shape == (1, 1, total + 99, 3)
    assert (batch.point_index[0, 0, total:] == -1).all()
    with pytest.raises(InputError, match=r"scene0000_00 has .* points, a region needs data.points"):
        SceneDataset(rooms, [0], clips.config, augment=STILL)
    with pytest.raises(InputError, match=r"scene0000_00 has"):  # the smallest is named
        SceneDataset(rooms, [1, 0], clips.config, augment=STILL)
    sparse = DATA.model_copy(update={"spacing": 2.0})
    with pytest.raises(InputError, match=r"points 2 m apart, a region needs data\.points=256"):
        SceneDataset(rooms, [0], sparse, augment=STILL)


def test_a_scene_smaller_than_a_region_is_filled_up_for_training_if_asked(rooms: Store) -> None:
    total = int(rooms.videos.sizes[0])
    fill = RegionConfig(fill=True)
    config = DATA.model_copy(update={"points": total + 99, "region": fill, "labelled_points": 9})
    for wanted in (config, config.model_copy(update={"labelled_points": 0})):
        clips = SceneDataset(rooms, [0], wanted, augment=STILL)
        (batch,) = training_batches(clips, batch=1, epoch=0)
        assert batch.points.shape == (1, 1, total + 99, 3)
        index = batch.point_index[0, 0]
        assert sorted(index[:total].tolist()) == list(range(total))
        assert (index[total:] == -1).all()
        assert (batch.points[0, 0, total:] == batch.points[0, 0, :99]).all()
        labels = batch.point_label[0, 0]
        assert (labels[total:] == -1).all()
        assert int((labels >= 0).sum()) == (
            wanted.labelled_points or int((whole(rooms, 0, "labels") >= 0).sum())
        )
    half = config.model_copy(update={"region": RegionConfig(fill=True, share=0.5)})
    index = SceneDataset(rooms, [0], half, augment=STILL)[0, 0].columns["index"][0]
    assert (index >= 0).sum() == len({*index} - {-1}) == round(total / 2)


def test_keys_and_stores_that_do_not_fit_are_one_line(rooms: Store, store: Store) -> None:
    with pytest.raises(InputError, match=r"scenes are one frame; set data\.frames=1"):
        open_clips(rooms, [0], DataConfig(frames=2, points=16))
    for key, value in (("spacing", 0.1), ("labelled_points", 5), ("region", DATA.region)):
        with pytest.raises(InputError, match=rf"holds videos; data\.{key} is for scenes"):
            open_clips(store, [0], DataConfig(frames=8, points=16, **{key: value}))
    colour = AugmentConfig(colour=ColourAugmentConfig(drop=0.5))
    with pytest.raises(InputError, match=r"augment\.colour is for scenes"):
        open_clips(store, [0], DataConfig(frames=8, points=16), augment=colour)
    with pytest.raises(InputError, match=r"augment\.mix is for scenes"):
        open_clips(store, [0], DataConfig(frames=8, points=16), augment=AugmentConfig(mix=0.5))
    plain = open_clips(store, [0], DataConfig(frames=8, points=16))
    assert type(plain) is ClipDataset


def test_scenes_without_any_label_are_named(rooms: Store) -> None:
    clips = SceneDataset(rooms, [0, 1], DATA, augment=STILL)
    assert clips.unlabelled() == []
