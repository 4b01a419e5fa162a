import json
from pathlib import Path

import numpy as np
import pytest
import torch

from pcv.clip import VideoSource
from pcv.config.data import AugmentConfig, DataConfig
from pcv.config.encoder import P4TransformerConfig, PSTNetConfig
from pcv.config.pretexts import PointCPSCConfig
from pcv.config.recipe import Recipe, load_recipe
from pcv.config.supervised import ClassifyConfig
from pcv.config.training import TrainConfig
from pcv.data.prepare import prepare
from pcv.data.store.store import open_store
from pcv.errors import (
    CheckpointError,
    InputError,
    InterruptedRunError,
    RecipeError,
)
from pcv.stages import training
from pcv.stages.evaluate import evaluate
from pcv.stages.job import Job
from pcv.stages.probe import probe
from pcv.stages.tasks.videos import Videos
from pcv.stages.training import finetune, pretrain
from tests.conftest import CloudReader

RECIPES = Path(__file__).parents[2] / "recipes"
DATA = DataConfig(frames=8, points=32, epoch="videos")
ENCODER = PSTNetConfig(width=0.05, radius=0.5)
OBJECTIVE = PointCPSCConfig(
    channels=16, autoregressor_depth=1, autoregressor_heads=2, autoregressor_head_channels=8,
    autoregressor_mlp=16, predictor_hidden=(16, 16), bank_size=4, prototypes=2,
)  # fmt: skip


def job(store, out: Path, start: Path | None = None, **change: object) -> Job:
    parts = {
        "stage": "pretrain", "data": DATA, "encoder": ENCODER, "objective": OBJECTIVE,
        "train": TrainConfig(epochs=4, batch=2, log_every=1),
    }  # fmt: skip
    return Job(Recipe(**(parts | change)), "test", store.path, out, start)


def tuned(store, out: Path, start: Path | None = None, **train: object) -> Job:
    values = {"epochs": 2, "batch": 2, "validation_subjects": 1} | train
    return job(
        store, out, start, stage="finetune", objective=ClassifyConfig(hidden=8),
        train=TrainConfig(**values),
    )  # fmt: skip


def test_a_class_that_no_training_video_has_is_told(store, tmp_path: Path) -> None:
    """Videos of subjects 1 and 2 have classes b and c; those of 0 and 3 have a and b."""
    found = finetune(tuned(store, tmp_path / "r", validation_subjects=0, test_subjects=(0, 3)))
    assert "no training video has class a, so none of their 2 videos" in found.warning


def test_two_views_and_negatives_of_the_context_train(store, tmp_path: Path) -> None:
    data = DataConfig(frames=12, points=32, epoch="videos")
    objective = OBJECTIVE.model_copy(update={"context_negatives": True, "projector": "batchnorm"})
    result = pretrain(
        job(
            store,
            tmp_path / "r",
            data=data,
            objective=objective,
            augment=AugmentConfig(two_views=True),
        )
    )
    assert result.steps == 8
    assert result.scores["embedding_std"] > 0.1


def test_pairing_by_subject_needs_to_know_them(store, tmp_path: Path, monkeypatch) -> None:
    objective = OBJECTIVE.model_copy(
        update={"negative_subjects": "same", "neighbour_subjects": "other"}
    )
    assert pretrain(job(store, tmp_path / "r", objective=objective)).steps == 8

    def nobody(path, dataset=None):
        opened = open_store(path, dataset)
        opened.videos.subject[:2] = -1
        return opened

    monkeypatch.setattr(training, "open_store", nobody)
    with pytest.raises(RecipeError, match="subject of 2 training videos is unknown"):
        pretrain(job(store, tmp_path / "s", objective=objective))


def test_the_same_seed_twice_is_the_same_run(store, tmp_path: Path) -> None:
    for name in "ab":
        pretrain(job(store, tmp_path / name))
    first, second = ((tmp_path / n / "metrics.jsonl").read_text() for n in "ab")
    assert first == second
    pretrain(job(store, tmp_path / "c", train=TrainConfig(epochs=4, batch=2, log_every=1, seed=1)))
    assert (tmp_path / "c/metrics.jsonl").read_text() != first


def test_an_interrupted_run_goes_on_to_the_same_losses(store, tmp_path: Path, monkeypatch) -> None:
    pretrain(job(store, tmp_path / "whole"))
    real = training.fit

    def stop_at_three(state, batches, plan, **options):
        return real(state, batches, plan, **(options | {"stop": lambda: state.step == 3}))

    monkeypatch.setattr(training, "fit", stop_at_three)
    with pytest.raises(InterruptedRunError, match="step 3 of 8"):
        pretrain(job(store, tmp_path / "cut"))
    monkeypatch.undo()
    pretrain(job(store, tmp_path / "cut"), resume=True)
    whole, cut = ((tmp_path / n / "metrics.jsonl").read_text() for n in ("whole", "cut"))
    assert whole == cut


def test_finetuning_starts_from_the_pretrained_encoder(store, tmp_path: Path, monkeypatch) -> None:
    pretrain(job(store, tmp_path / "pre"))
    seen = []
    real = training.fit

    def look(state, *arguments, **options):
        seen.append(next(state.objective.encoder.parameters()).detach().clone())
        return real(state, *arguments, **options)

    monkeypatch.setattr(training, "fit", look)
    result = finetune(tuned(store, tmp_path / "a", tmp_path / "pre"))
    finetune(tuned(store, tmp_path / "b"))
    weights = training.starting_weights(tmp_path / "pre", job(store, tmp_path).recipe)
    assert torch.equal(seen[0], weights["layers.0.displacement"])
    assert not torch.equal(seen[0], seen[1])
    assert result.init == "pre"
    assert (result.n_scored, result.n_in_split) == (1, 1)


def test_validation_chooses_best_and_the_paper_protocol_looks_at_test(
    store, tmp_path: Path
) -> None:
    strict = finetune(tuned(store, tmp_path / "strict"))
    assert "best_validation_epoch" in strict.scores
    paper = finetune(tuned(store, tmp_path / "paper", protocol="paper"))
    assert "best_test_epoch" in paper.scores
    assert evaluate(tmp_path / "strict")["accuracy"] == strict.scores["accuracy"]
    lines = (tmp_path / "paper/metrics.jsonl").read_text().splitlines()
    assert any("test_accuracy" in json.loads(line) for line in lines)


def test_short_videos_can_be_dropped_and_are_counted(store, tmp_path: Path) -> None:
    data = DataConfig(frames=20, points=32, epoch="videos", short="drop")
    with_padding = finetune(tuned(store, tmp_path / "a"))
    assert with_padding.n_scored == 1
    dropped = tuned(store, tmp_path / "b", validation_subjects=0)
    dropped = dropped._replace(recipe=dropped.recipe.model_copy(update={"data": data}))
    result = finetune(dropped)
    assert (result.n_scored, result.n_in_split) == (1, 1)
    none = data.model_copy(update={"frames": 44})
    with pytest.raises(RecipeError, match="as long as a clip"):
        finetune(dropped._replace(
            out=tmp_path / "c", recipe=dropped.recipe.model_copy(update={"data": none})
        ))  # fmt: skip


def test_another_width_is_refused_with_the_key(store, tmp_path: Path) -> None:
    pretrain(job(store, tmp_path / "pre"))
    wide = tuned(store, tmp_path / "a", tmp_path / "pre")
    recipe = wide.recipe.model_copy(update={"encoder": PSTNetConfig(width=0.1, radius=0.5)})
    with pytest.raises(CheckpointError, match=r"encoder\.width=0\.05"):
        finetune(wide._replace(recipe=recipe))


@pytest.mark.parametrize("change", [{"combine": "addition"}, {"pool": "max"}])
def test_an_encoder_that_reads_its_weights_otherwise_is_refused(
    store, tmp_path: Path, change: dict
) -> None:
    pretrain(job(store, tmp_path / "pre"))
    other = tuned(store, tmp_path / "a", tmp_path / "pre")
    recipe = other.recipe.model_copy(update={"encoder": ENCODER.model_copy(update=change)})
    with pytest.raises(CheckpointError, match=rf"use --set encoder\.{next(iter(change))}="):
        finetune(other._replace(recipe=recipe))


class Hands(CloudReader):
    """Another dataset: two classes, shorter films."""

    dataset = "hands"
    class_names = ("fist", "palm")

    def __init__(self) -> None:
        super().__init__((9, 8, 11, 8, 10, 9))

    def list_videos(self, root: Path, bad: list[InputError] | None = None) -> list[VideoSource]:
        return [v._replace(label=v.label % 2) for v in super().list_videos(root, bad)]


def test_another_dataset_unit_and_size_take_the_pretrained_encoder(
    store, raw, tmp_path: Path
) -> None:
    pretrain(job(store, tmp_path / "pre"))
    prepare(Hands(), raw, tmp_path / "hands", points=96)
    there = tuned(open_store(tmp_path / "hands"), tmp_path / "tuned", tmp_path / "pre")
    data = DataConfig(dataset="hands", frames=8, points=48, scale=8.0, epoch="videos")
    encoder = ENCODER.model_copy(update={"radius": 2.0, "neighbours": 5})
    changed = there.recipe.model_copy(update={"data": data, "encoder": encoder})
    result = finetune(there._replace(recipe=changed))
    assert (result.dataset, result.init, result.class_names) == ("hands", "pre", ["fist", "palm"])
    assert evaluate(tmp_path / "tuned")["accuracy"] == result.scores["accuracy"]


@pytest.mark.parametrize("few", [{"shots": 1}, {"label_fraction": 0.3}])
def test_few_labels_are_listed_and_the_same_in_every_stage(
    store, tmp_path: Path, few: dict
) -> None:
    result = finetune(tuned(store, tmp_path / "a", validation_subjects=0, **few))
    lines = (tmp_path / "a/labelled.txt").read_text().splitlines()
    rows = {name: row for row, name in enumerate(store.videos.name)}
    chosen = [rows[line.split("\t")[0]] for line in lines]
    assert sorted(store.videos.label[chosen]) == [0, 1, 2]
    assert set(store.videos.split[chosen]) == {"train"}
    assert [line.split("\t")[1] for line in lines] == [
        store.class_names[label] for label in store.videos.label[chosen]
    ]
    assert result.shots == few.get("shots", 0)
    assert result.label_fraction == few.get("label_fraction", 1)
    train = TrainConfig(epochs=9, batch=4, validation_subjects=0, log_every=7, **few)
    data = DataConfig(frames=4, points=16)
    probe(job(store, tmp_path / "b", stage="probe", train=train, data=data))
    assert (tmp_path / "b/labelled.txt").read_text().splitlines() == lines
    finetune(tuned(store, tmp_path / "all", validation_subjects=0))
    assert not (tmp_path / "all/labelled.txt").exists()


def test_a_fold_is_scored_on_its_own_people_and_nobody_looks_at_test(
    store, tmp_path: Path, monkeypatch
) -> None:
    seen: list[int] = []
    real = Videos.score

    def look(task, objective, asked, *rest):
        seen.extend(asked.videos.tolist())
        return real(task, objective, asked, *rest)

    monkeypatch.setattr(Videos, "score", look)
    result = finetune(tuned(store, tmp_path / "a", validation_fold=1))
    held = np.flatnonzero((store.videos.subject == 1) & (store.videos.split == "train"))
    assert set(seen) == set(held.tolist())
    assert (result.fold, result.n_scored, result.n_in_split) == (1, len(held), len(held))
    assert "best_validation_epoch" not in result.scores
    assert result.selection == f"{len(held)} validation videos"
    train = TrainConfig(validation_fold=1)
    found = probe(job(store, tmp_path / "p", stage="probe", train=train))
    assert (found.fold, found.n_scored) == (1, len(held))


def test_a_probe_changes_nothing_and_reads_random_weights_too(store, tmp_path: Path) -> None:
    pretrain(job(store, tmp_path / "pre"))
    file = tmp_path / "pre/checkpoints/last/encoder.safetensors"
    before = file.read_bytes()
    for start in (tmp_path / "pre", None):
        name = f"p{start is None}"
        result = probe(job(store, tmp_path / name, start, stage="probe"))
        assert result.init == ("pre" if start else "random")
        assert set(result.scores) == {"linear", "knn_1", "knn_5"}
    assert file.read_bytes() == before


def test_scenes_are_pretrained(raw, reader, tmp_path: Path) -> None:
    """The recipe of scenes, its network and its projections small."""
    prepare(reader, raw, tmp_path / "store", points=256)
    recipe = load_recipe(RECIPES / "synthia/pretrain.yaml", (
        "data.dataset=clouds", "data.points=256", "encoder.width=0.03", "encoder.mlp=16",
        "objective.channels=16", "objective.autoregressor_mlp=16",
        "objective.predictor_hidden=[16, 16]", "objective.bank_size=4", "train.batch=2",
        "train.steps=2", "train.precision=float32",
    ))  # fmt: skip
    result = pretrain(Job(recipe, "synthia-pretrain", tmp_path / "store", tmp_path / "run"))
    assert result.steps == 2
    assert result.scores["assignment"] > 0


def test_p4transformer_is_pretrained_and_finetuned(store, tmp_path: Path) -> None:
    encoder = P4TransformerConfig(
        name="p4transformer", width=0.02, radius=0.5, neighbours=4, spatial_stride=8, depth=1,
        heads=2, head_channels=4, mlp=8,
    )  # fmt: skip
    pretrain(job(store, tmp_path / "pre", encoder=encoder))
    result = finetune(job(
        store, tmp_path / "a", tmp_path / "pre", stage="finetune", encoder=encoder,
        objective=ClassifyConfig(hidden=8, segment_frames=0, read="tokens"),
        train=TrainConfig(epochs=2, batch=2),
    ))  # fmt: skip
    assert result.init == "pre"
    assert evaluate(tmp_path / "a")["accuracy"] == result.scores["accuracy"]
    with pytest.raises(CheckpointError, match=r"encoder\.name=p4transformer"):
        finetune(tuned(store, tmp_path / "b", tmp_path / "pre"))
