import json

import pytest

from pcv.config.data import AugmentConfig, DataConfig
from pcv.config.encoder import SerialConfig
from pcv.config.pretexts import PointCPSCConfig
from pcv.config.recipe import Recipe
from pcv.config.supervised import SceneSegmentationConfig
from pcv.data.scenes.dataset import open_clips
from pcv.errors import InputError, RecipeError
from pcv.stages.checks import (
    check_channels,
    check_labels,
    check_store,
    check_subjects,
    write_limits,
)
from tests.stages.scene_jobs import DATA, finetuning

STILL = AugmentConfig()


def test_subjects_are_asked_for_only_where_they_count(store, monkeypatch) -> None:
    asks = Recipe(stage="pretrain", objective=PointCPSCConfig(negative_subjects="same"))
    check_subjects(asks, store, store.videos.split == "train")
    monkeypatch.setattr(
        store, "videos", store.videos._replace(subject=store.videos.subject * 0 - 1)
    )
    check_subjects(Recipe(stage="pretrain"), store, store.videos.split == "train")
    with pytest.raises(RecipeError, match="is unknown; set"):
        check_subjects(asks, store, store.videos.split == "train")


def test_class_weights_are_one_a_class(rooms, tmp_path) -> None:
    objective = SceneSegmentationConfig(name="scene_segment", class_weights=(1.0, 2.0))
    recipe = finetuning(rooms, tmp_path, objective=objective).recipe
    clips = open_clips(rooms, [0], DATA, augment=STILL)
    with pytest.raises(RecipeError, match=r"2 weights, but .* has 20 classes"):
        check_labels(recipe, rooms, clips)


def test_limits_are_written_and_may_not_change(rooms, store, tmp_path) -> None:
    listed = tmp_path / "few.json"

    def clips(**data):
        return open_clips(rooms, [0, 1], DATA.model_copy(update=data), augment=STILL)

    write_limits(tmp_path, clips())
    write_limits(tmp_path, open_clips(store, [0], DataConfig(frames=8, points=16), augment=STILL))
    assert not (tmp_path / "labelled_points.json").exists()
    write_limits(tmp_path, clips(labelled_points=7))
    known = json.loads((tmp_path / "labelled_points.json").read_text())
    assert {name: len(points) for name, points in known.items()} == dict.fromkeys(
        [rooms.videos.name[i] for i in (0, 1)], 7
    )
    listed.write_text(json.dumps(known))  # what a run wrote is a list itself
    write_limits(tmp_path, clips(labelled_points=str(listed)))
    known[rooms.videos.name[0]] = known[rooms.videos.name[0]][:3]
    listed.write_text(json.dumps(known))
    with pytest.raises(InputError, match=r"began with other labelled points than .*few\.json"):
        write_limits(tmp_path, clips(labelled_points=str(listed)))


def recipe(inputs, **data):
    return Recipe(
        stage="finetune", data=DataConfig(frames=1, **data),
        encoder=SerialConfig(name="serial", inputs=inputs),
        objective=SceneSegmentationConfig(name="scene_segment"),
    )  # fmt: skip


def test_channels_that_the_store_has_and_the_recipe_asks_for_pass(labelled):
    check_channels(labelled, recipe(("xyz", "colour"), colour=True))
    check_channels(labelled, recipe(("xyz",)))
    check_store(labelled, Recipe(stage="pretrain"))


@pytest.mark.parametrize(
    ("inputs", "data", "said"),
    [
        (("xyz", "normal"), {"normals": True}, "its points have no normals"),
        (("xyz", "colour"), {}, "set data.colour=true"),
    ],
)
def test_channels_that_are_missing_are_one_line(labelled, inputs, data, said):
    with pytest.raises(RecipeError, match=said) as caught:
        check_store(labelled, recipe(inputs, **data))
    assert "\n" not in str(caught.value)
