from types import SimpleNamespace

import numpy as np
import pytest

from pcv.config.training import TrainConfig
from pcv.data.splits import fold_count, split_videos
from pcv.errors import InputError


def test_whole_training_subjects_validate(store) -> None:
    split = split_videos(store, TrainConfig(), labelled=True)
    subject = store.videos.subject
    assert not set(subject[split.train]) & set(subject[split.validation])
    assert len(split.validation)
    together = np.concatenate([split.train, split.validation, split.test])
    assert sorted(together) == list(range(len(store)))


def test_the_paper_and_pretraining_hold_nobody_out(store) -> None:
    paper = split_videos(store, TrainConfig(protocol="paper"), labelled=True)
    unlabelled = split_videos(store, TrainConfig(), labelled=False)
    assert len(paper.validation) == len(unlabelled.validation) == 0
    assert len(paper.train) == len(unlabelled.train) == 5


def test_a_label_fraction_is_stratified_and_seeded(store) -> None:
    def drawn(seed: int) -> list[int]:
        config = TrainConfig(label_fraction=0.4, seed=seed, validation_subjects=0)
        return split_videos(store, config, labelled=True).train.tolist()

    assert set(store.videos.label[drawn(0)]) == {0, 1, 2}
    assert len(drawn(0)) == 3
    assert drawn(0) == drawn(0)
    assert any(drawn(seed) != drawn(0) for seed in range(1, 9))


def test_holding_everybody_out_is_refused(store) -> None:
    with pytest.raises(InputError, match="leaves none"):
        split_videos(store, TrainConfig(validation_subjects=3), labelled=True)


def test_validation_videos_of_the_store_validate_and_train_under_the_papers_protocol(store) -> None:
    split = np.array(["train", "validation", "train", "test", "train", "validation"])
    videos = store.videos._replace(split=split, label=np.full(6, -1))
    scenes = SimpleNamespace(videos=videos, path=store.path)
    strict = split_videos(scenes, TrainConfig(), labelled=True)
    assert [part.tolist() for part in strict] == [[0, 2, 4], [1, 5], [3]]
    paper = split_videos(scenes, TrainConfig(protocol="paper"), labelled=True)
    assert [part.tolist() for part in paper] == [[0, 1, 2, 4, 5], [], [3]]
    few = split_videos(scenes, TrainConfig(label_fraction=0.4), labelled=True)
    assert len(few.train) == 1


def test_shots_are_so_many_a_class_the_same_for_a_seed(store) -> None:
    def drawn(seed: int, **change: object) -> list[int]:
        config = TrainConfig(shots=1, seed=seed, validation_subjects=0, **change)
        return split_videos(store, config, labelled=True).train.tolist()

    assert sorted(store.videos.label[drawn(0)]) == [0, 1, 2]
    others = {"epochs": 3, "batch": 2, "validate_every": 0, "workers": 3, "log_every": 1}
    assert drawn(0, **others) == drawn(0)
    assert any(drawn(seed) != drawn(0) for seed in range(1, 9))
    with pytest.raises(InputError, match=r"train\.shots 3, but class . has"):
        split_videos(store, TrainConfig(shots=3, validation_subjects=0), labelled=True)


def test_a_class_without_a_training_video_has_too_few_shots(store) -> None:
    videos = store.videos._replace(label=np.where(store.videos.split == "test", 1, 0))
    lacking = SimpleNamespace(videos=videos, path=store.path, class_names=["a", "b"])
    with pytest.raises(InputError, match="class b has 0 training videos"):
        split_videos(lacking, TrainConfig(shots=1, validation_subjects=0), labelled=True)


def test_folds_hold_every_training_subject_out_once(store) -> None:
    subject = store.videos.subject
    people = np.unique(subject[store.videos.split == "train"]).tolist()
    for size in (1, 2):
        seen = []
        for fold in range(fold_count(store, TrainConfig(validation_subjects=size))):
            for labelled in (True, False):
                config = TrainConfig(validation_subjects=size, validation_fold=fold, seed=fold)
                split = split_videos(store, config, labelled=labelled)
                held = np.unique(subject[split.validation]).tolist()
                assert not set(held) & set(subject[split.train])
                assert not set(split.test) & {*split.train, *split.validation}
            seen += held
        assert seen == people


def test_a_fold_that_there_is_not_is_refused(store) -> None:
    with pytest.raises(InputError, match="make folds 0 to 2"):
        split_videos(store, TrainConfig(validation_fold=3), labelled=True)
    split = np.array(["train", "validation", "train", "test", "train", "validation"])
    own = SimpleNamespace(videos=store.videos._replace(split=split), path=store.path)
    with pytest.raises(InputError, match="the store names validation videos"):
        split_videos(own, TrainConfig(validation_fold=0), labelled=True)


def test_sequences_with_labelled_points_are_held_out_by_place_or_one_by_one(store) -> None:
    config = TrainConfig(validation_subjects=1)
    videos = store.videos._replace(label=np.full(6, -1))
    known = SimpleNamespace(videos=videos, path=store.path)
    split = split_videos(known, config, labelled=True, points=True)
    subject = store.videos.subject
    assert len(np.unique(subject[split.validation])) == 1
    assert not set(subject[split.validation]) & set(subject[split.train])
    nobody = videos._replace(subject=np.full(6, -1))
    unknown = SimpleNamespace(videos=nobody, path=store.path)
    split = split_videos(unknown, config, labelled=True, points=True)
    assert (len(split.train), len(split.validation), len(split.test)) == (4, 1, 1)
    alone = videos._replace(split=np.array(["train", *["test"] * 5]))
    with pytest.raises(InputError, match="leaves none of 1 training sequences"):
        split_videos(
            SimpleNamespace(videos=alone, path=store.path), config, labelled=True, points=True
        )


def test_named_subjects_test_instead_of_the_stores_split(store) -> None:
    split = split_videos(store, TrainConfig(test_subjects=(0, 2)), labelled=False)
    assert set(store.videos.subject[split.test]) == {0, 2}
    assert set(store.videos.subject[split.train]) == {1, 3}
    with pytest.raises(InputError, match=r"test_subjects 9 is none of 0, 1, 2, 3"):
        split_videos(store, TrainConfig(test_subjects=(0, 9)), labelled=False)


def test_a_share_of_scenes_or_those_named_train(store) -> None:
    def train(scenes: object, seed: int = 0) -> list[int]:
        return split_videos(
            store, TrainConfig(scenes=scenes, seed=seed), labelled=False
        ).train.tolist()

    assert train(("v4", "v0")) == [0, 4]
    assert len(train(0.4)) == 2
    assert len(train(0.01)) == 1
    assert train(0.4) == train(0.4)
    assert any(train(0.4, seed) != train(0.4) for seed in range(1, 9))
    with pytest.raises(InputError, match=r"train\.scenes v3 is not a training video"):
        train(("v0", "v3"))
