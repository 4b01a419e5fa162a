from types import SimpleNamespace

import numpy as np
import pytest

from pcv.config import TrainConfig
from pcv.data.splits import split_videos
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
    with pytest.raises(InputError, match=r"train\.scenes v3 is no training video"):
        train(("v0", "v3"))
