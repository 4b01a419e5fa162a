"""Views of clips: which, how large, and that changed points are still seen where they were."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from pcv.config.data import AugmentConfig, DataConfig, RegionConfig
from pcv.data.dataset import evaluation_batches, training_batches
from pcv.data.prepare import prepare
from pcv.data.raw.rgbd import RgbdScenes
from pcv.data.scenes.dataset import open_clips
from pcv.data.scenes.views import ViewSource, fold
from pcv.data.store.store import Store, open_store
from pcv.errors import RecipeError, StoreError
from tests import rooms

DATA = DataConfig(
    frames=1, points=512, colour=True, views=3, image=(30, 40), region=RegionConfig(share=1)
)
STILL = AugmentConfig(scale=(1, 1), anisotropic=False)
CHANGES = {
    "rotate": AugmentConfig(scale=(1, 1), rotate=180),
    "tilt": AugmentConfig(scale=(1, 1), tilt=20),
    "mirror": AugmentConfig(scale=(1, 1), mirror=1),
    "scale": AugmentConfig(scale=(0.5, 2), anisotropic=False),
    "one factor an axis": AugmentConfig(scale=(0.5, 2), anisotropic=True),
    "shift": AugmentConfig(scale=(1, 1), shift=2),
    "all": AugmentConfig(scale=(0.8, 1.2), rotate=180, mirror=0.5, shift=1, drop=0.5),
}


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Store:
    folder = tmp_path_factory.mktemp("views")
    rooms.seven_scenes(folder / "raw/room", rooms.frames(8))
    rooms.seven_scenes(folder / "raw/hall", rooms.frames(5, 0.2))
    reader = RgbdScenes(folder / "raw", voxel=0.05, held_out=4)
    prepare(reader, folder / "raw", folder / "store", points=1 << 16)
    return open_store(folder / "store")


def project(batch, clip: int, view: int) -> tuple[np.ndarray, np.ndarray]:
    """Where points fall in an image (N, 2), and their depth (N,), metres."""
    points = batch.points[clip, 0].double().numpy()
    pose = batch.views.world_to_camera[clip, view].double().numpy()
    camera = points @ pose[:3, :3].T + pose[:3, 3]
    pixels = camera @ batch.views.intrinsics[clip, view].double().numpy().T
    return pixels[:, :2] / pixels[:, 2:], camera[:, 2]


def draw(image: np.ndarray, place: np.ndarray, depth: np.ndarray, colour: np.ndarray) -> np.ndarray:
    """Paint points as single pixels, the nearest last."""
    column, row = np.floor(place).T
    seen = (depth > 0.1) & (row >= 0) & (row < 30) & (column >= 0) & (column < 40)
    for k in np.flatnonzero(seen)[np.argsort(-depth[seen])]:
        image[int(row[k]), int(column[k])] = colour[k]
    return image


def trained(scene: Store, data: DataConfig, augment: AugmentConfig):
    clips = open_clips(scene, [0, 1], data, augment=augment, seed=5)
    return next(iter(training_batches(clips, batch=2, epoch=3)))


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("centre", ["none", "video", "clip"])
@pytest.mark.parametrize("unit", [1.0, 7.5])
def test_a_changed_world_is_seen_as_it_was(
    name: str, centre: str, unit: float, scene: Store
) -> None:
    """Points and cameras change together: the same pixels, and depth stays in metres."""
    before = trained(scene, DATA.model_copy(update={"centre": "none"}), STILL)
    changed = trained(
        scene, DATA.model_copy(update={"centre": centre, "scale": unit}), CHANGES[name]
    )
    assert torch.equal(before.views.frame, changed.views.frame)
    for part in ("colour", "depth", "intrinsics"):
        assert torch.equal(getattr(before.views, part), getattr(changed.views, part))
    moved = 0.0
    for clip in range(2):
        at = changed.points[clip, 0].unique(dim=0)
        moved += float((at.mean(0) - before.points[clip, 0].mean(0)).abs().max())
        for view in range(3):
            place, depth = project(before, clip, view)
            again, deep = project(changed, clip, view)
            front = depth > 0.2
            if CHANGES[name].drop:  # what was replaced repeats the first point
                points = changed.points[clip, 0]
                front &= (points != points[0]).any(-1).numpy()
                assert front.mean() > 0.2
            np.testing.assert_allclose(deep[front], depth[front], atol=1e-4)
            np.testing.assert_allclose(again[front], place[front], atol=0.02)
    assert moved > 0.01 or (centre, unit) == ("none", 1.0)


def test_the_rendered_image_of_the_changed_world_is_the_same(scene: Store) -> None:
    before, changed = (
        trained(scene, DATA, augment)
        for augment in (STILL, CHANGES["all"].model_copy(update={"drop": 0.0}))
    )
    images = []
    for batch in (before, changed):
        colour = batch.point_colour[0, 0].numpy()
        place, depth = project(batch, 0, 1)
        images.append(draw(np.zeros((30, 40, 3), np.uint8), np.round(place, 3), depth, colour))
    assert (images[0] > 0).any()
    assert (images[0] != images[1]).any(-1).mean() < 0.01


def test_points_land_on_their_own_depth_and_colour(scene: Store) -> None:
    batch = trained(scene, DATA, CHANGES["all"].model_copy(update={"drop": 0.0}))
    image, depths = batch.views.colour[0, 0].numpy(), batch.views.depth[0, 0].numpy()
    place, depth = project(batch, 0, 0)
    column, row = np.floor(place).astype(int).T
    seen = (depth > 0.1) & (row >= 0) & (row < 30) & (column >= 0) & (column < 40)
    assert seen.sum() > 50
    row, column, depth = row[seen], column[seen], depth[seen]
    near = np.abs(depths[row, column] - depth) < 0.1
    assert near.mean() > 0.5
    colour = batch.point_colour[0, 0].numpy()[seen][near] / 255
    difference = np.abs(image[row[near], column[near]] - colour).mean()
    shuffled = np.abs(image[row[near], column[near]] - np.random.default_rng(0).permutation(colour))
    assert difference < shuffled.mean() / 2


def test_views_are_drawn_from_seed_epoch_and_index(scene: Store) -> None:
    clips = open_clips(scene, [0, 1], DATA, augment=STILL, seed=5)
    again = open_clips(scene, [0, 1], DATA, augment=STILL, seed=5)
    for key in ((0, 0), (1, 1), (2, 0)):
        for one, other in zip(clips[key].views, again[key].views, strict=True):
            np.testing.assert_array_equal(one, other)
    drawn = {tuple(clips[(epoch, 1)].views.frame) for epoch in range(30)}
    assert len(drawn) > 10
    assert set(np.concatenate([*map(np.array, drawn)])) == {0, 1, 3, 4, 5, 7}
    assert all(len(set(frames)) == 3 for frames in drawn)
    many = ViewSource(scene, DATA.model_copy(update={"views": 20}), training=True, seed=0)
    assert len(many.choose(0, 0, 0)) == 20  # more than there are: some again


def test_views_change_nothing_else_of_a_clip(scene: Store) -> None:
    plain = DATA.model_copy(update={"views": 0})
    for augment in (CHANGES["all"], None):
        one, other = (
            open_clips(scene, [1], data, augment=augment, seed=1)[(2, 0)] for data in (DATA, plain)
        )
        np.testing.assert_array_equal(one.points, other.points)
        assert other.views is None


def test_scoring_shows_held_out_views_evenly_spaced(scene: Store) -> None:
    clips = open_clips(scene, [0, 1], DATA.model_copy(update={"points": 1 << 16}))
    frames = [b.views.frame.tolist() for b in evaluation_batches(clips, batch=1)]
    assert frames == [[[2, 2, 2]], [[2, 6, 6]]]
    source = ViewSource(scene, DATA, training=False, seed=0)
    assert source.choose(1, 0, 0).tolist() == source.choose(1, 9, 9).tolist() == [2, 6, 6]


def test_worker_processes_and_no_cache_give_the_same_views(scene: Store) -> None:
    clips = open_clips(scene, [0, 1], DATA, augment=STILL, seed=5)
    alone = next(iter(training_batches(clips, batch=2, epoch=0)))
    apart = next(iter(training_batches(clips, batch=2, epoch=0, workers=1)))
    for one, other in zip(alone.views, apart.views, strict=True):
        assert (one is other is None) or torch.equal(one, other)
    sources = [ViewSource(scene, DATA, training=True, seed=0, cache=c) for c in (True, False)]
    for _ in range(2):
        found = [source.read(1, np.array([1, 5]), np.eye(4)) for source in sources]
        for one, other in zip(*found, strict=True):
            np.testing.assert_array_equal(one, other)


def test_the_stored_size_is_the_default(scene: Store) -> None:
    source = ViewSource(scene, DATA.model_copy(update={"image": None}), training=True, seed=0)
    views = source.read(0, np.array([0]), np.eye(4))
    assert views.colour.shape == (1, 60, 80, 3)
    assert 0 <= views.colour.min() < views.colour.max() <= 1
    stored = scene.views.read(0, np.array([0]))
    np.testing.assert_allclose(views.depth, stored.depth * 0.001, rtol=1e-6)


def test_fold_is_centring_then_the_change_then_the_unit() -> None:
    change = np.diag([2.0, -1, 1, 1])
    change[:3, 3] = (0, 0, 5)
    found = fold(np.array([1.0, 2, 3]), change, 10) @ (1.5, 2, 4, 1)
    np.testing.assert_allclose(found, (10, 0, 60, 1))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"image": (61, 80)}, "data.image asks for 61 x 80"),
        ({"held_out_views": 3}, "set data.held_out_views to 4 or 0, found 3"),
    ],
)
def test_what_a_store_cannot_give_is_one_line(data: dict, said: str, scene: Store) -> None:
    with pytest.raises(StoreError, match=said):
        open_clips(scene, [0], DATA.model_copy(update=data), augment=STILL)


def test_a_store_without_views_says_so(store: Store) -> None:
    with pytest.raises(StoreError, match=r"holds no posed images; set data\.views to 0"):
        open_clips(store, [0], DataConfig(frames=4, points=8, views=1))


def test_a_change_that_is_no_matrix_goes_with_no_views() -> None:
    from pcv.config.recipe import build_recipe

    tree = {"stage": "pretrain", "augment": {"elastic": {"chance": 0.5}}}
    build_recipe(tree, "recipe")
    with pytest.raises(RecipeError, match=r"augment\.elastic\.chance must be 0 when data\.views"):
        build_recipe(tree | {"data": {"views": 2}}, "recipe")


def test_every_view_cannot_be_held_out() -> None:
    from pcv.config.recipe import build_recipe

    with pytest.raises(RecipeError, match="held_out_views 1 leaves no view"):
        build_recipe({"stage": "pretrain", "data": {"held_out_views": 1}}, "recipe")


@pytest.mark.real
@pytest.mark.skipif("PCV_DATA" not in os.environ, reason="PCV_DATA names no real recordings")
def test_real_points_land_on_the_depth_of_held_out_views(tmp_path: Path) -> None:
    """Median error of a few centimetres at most: that of the sensor and its tracking."""
    root = Path(os.environ["PCV_DATA"]) / "7scenes"
    reader = RgbdScenes(root, views_per_scene=10, size=(120, 160), held_out=5)
    prepare(reader, root, tmp_path / "store", points=1 << 20, limit=2)
    scene = open_store(tmp_path / "store")
    data = DATA.model_copy(update={"points": 4096, "scale": 3.0, "views": 2})
    batch = trained(scene, data, CHANGES["all"].model_copy(update={"drop": 0.0}))
    for clip in range(2):
        place, depth = project(batch, clip, 0)
        column, row = np.floor(place).astype(int).T
        seen = (depth > 0.1) & (row >= 0) & (row < 30) & (column >= 0) & (column < 40)
        measured = batch.views.depth[clip, 0].numpy()[row[seen], column[seen]]
        error = np.abs(measured - depth[seen])[measured > 0]
        assert len(error) > 1000
        assert np.median(error) < 0.04
