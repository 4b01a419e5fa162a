import numpy as np

from pcv.config.encoder import SerialConfig
from pcv.config.recipe import Recipe
from pcv.config.supervised import ClassifyConfig, SceneSegmentationConfig
from pcv.config.training import TrainConfig
from pcv.stages.labels import class_names, labelled_lines, scored_videos, split_of

FEW = Recipe(
    stage="finetune", objective=ClassifyConfig(),
    train=TrainConfig(shots=1, validation_subjects=0),
)  # fmt: skip


def test_few_labelled_videos_are_listed_with_their_class(store) -> None:
    split = split_of(store, FEW)
    lines = labelled_lines(store, split, FEW)
    assert len(lines) == len(split.train) > 0
    name, label = lines[0].split("\t")
    assert label == store.class_names[store.videos.label[store.videos.name.index(name)]]
    assert labelled_lines(store, split, Recipe(stage="pretrain")) == []


def test_a_fold_is_scored_instead_of_the_test_videos(store) -> None:
    recipe = Recipe(stage="probe", train=TrainConfig(validation_fold=0))
    split = split_of(store, recipe)
    assert np.array_equal(scored_videos(split, recipe), split.validation)
    assert np.array_equal(scored_videos(split, FEW), split.test)


def test_classes_are_those_of_points_where_points_are_labelled(rooms, store) -> None:
    recipe = Recipe(
        stage="finetune", encoder=SerialConfig(name="serial"),
        objective=SceneSegmentationConfig(name="scene_segment"),
    )  # fmt: skip
    assert class_names(rooms, recipe) == rooms.point_class_names
    assert class_names(store, FEW) == store.class_names
