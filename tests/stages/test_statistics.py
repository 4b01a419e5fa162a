from pathlib import Path

import numpy as np
import pytest
import torch

from pcv.config.supervised import ClassifyConfig
from pcv.data.store.store import Store, open_store
from pcv.nn.running_statistics import normalisations
from pcv.stages import statistics
from pcv.stages.evaluate import evaluate
from pcv.stages.pretrained import from_pretrained
from pcv.stages.statistics import renew_statistics
from pcv.stages.tasks import TASKS
from pcv.stages.training import finetune
from pcv.train.checkpoint import read_tensors
from tests.stages.test_training import tuned


def trained(store: Store, out: Path, *, recompute: bool):
    job = tuned(store, out, validation_subjects=0)
    objective = job.recipe.objective.model_copy(update={"recompute_statistics": recompute})
    return finetune(job._replace(recipe=job.recipe.model_copy(update={"objective": objective})))


def test_the_saved_model_is_the_one_that_is_scored(store, tmp_path: Path) -> None:
    """Weights are those of training; statistics are of clips that are read as scoring reads."""
    anew = trained(store, tmp_path / "anew", recompute=True)
    as_trained = trained(store, tmp_path / "old", recompute=False)
    assert anew.statistics_clips > 0
    assert as_trained.statistics_clips is None
    one, other = (
        read_tensors(tmp_path / name / "checkpoints/last/encoder.safetensors")
        for name in ("anew", "old")
    )
    moved = {name for name in one if not torch.equal(one[name], other[name])}
    assert moved
    assert all("running" in name or "num_batches" in name for name in moved)
    assert evaluate(tmp_path / "anew")["accuracy"] == anew.scores["accuracy"]
    model = from_pretrained(tmp_path / "anew")
    before = [norm.running_mean.clone() for norm in normalisations(model.supervised)]
    train = np.flatnonzero(store.videos.split == "train")
    renew_statistics(model.supervised, TASKS["videos"], store, train, model.recipe)
    after = [norm.running_mean for norm in normalisations(model.supervised)]
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))


@pytest.mark.parametrize("most", [1, 2, 33])
def test_a_clip_alone_is_left_out(store, tmp_path: Path, monkeypatch, most: int) -> None:
    trained(store, tmp_path / "r", recompute=True)
    model = from_pretrained(tmp_path / "r")
    monkeypatch.setattr(statistics, "MOST", most)
    train = np.flatnonzero(store.videos.split == "train")
    read = renew_statistics(model.supervised, TASKS["videos"], store, train, model.recipe)
    assert read % TASKS["videos"].batch != 1
    assert read <= most
    assert (read == 0) == (most == 1)


def test_a_recipe_can_keep_the_averages_of_training() -> None:
    assert ClassifyConfig().recomputes()
    assert not ClassifyConfig(recompute_statistics=False).recomputes()


def test_every_task_reads_as_it_scores(room_run, segmented) -> None:
    for made, name in ((room_run, "rooms"), (segmented, "points")):
        model = from_pretrained(made.run)
        found = open_store(made.store)
        rows = np.flatnonzero(found.videos.split == "train")
        read = renew_statistics(model.supervised, TASKS[name], found, rows, model.recipe)
        assert (read > 0) == bool(normalisations(model.supervised))
