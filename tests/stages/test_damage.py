"""Runs that meet damaged or replaced data, or that diverge: one line, and no result."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import zarr

from pcv.config.training import OptimConfig
from pcv.data.prepare import prepare
from pcv.data.store.store import open_store
from pcv.errors import DivergedError, InputError, InterruptedRunError
from pcv.stages import training
from pcv.stages.evaluate import evaluate
from pcv.stages.predict import predict
from pcv.stages.training import finetune, pretrain
from tests.stages.test_training import job, tuned


def test_a_run_does_not_go_on_with_a_store_that_was_replaced(
    store, raw, reader, tmp_path: Path, monkeypatch
) -> None:
    there, real = tmp_path / "store", training.fit
    shutil.copytree(store.path, there)
    mine = job(store, tmp_path / "run")._replace(store=there)

    def stop_at_three(state, batches, plan, **options):
        return real(state, batches, plan, **(options | {"stop": lambda: state.step == 3}))

    monkeypatch.setattr(training, "fit", stop_at_three)
    with pytest.raises(InterruptedRunError, match="step 3 of 8"):
        pretrain(mine)
    monkeypatch.undo()
    shutil.rmtree(there)
    prepare(reader, raw, there, points=48)
    with pytest.raises(InputError, match=r"run: its store .*store holds other data"):
        pretrain(mine, resume=True)
    shutil.rmtree(there)
    with pytest.raises(InputError, match="no such store"):
        pretrain(mine, resume=True)
    prepare(reader, raw, there, points=64)
    assert pretrain(mine, resume=True).steps == 8


def test_a_store_that_loses_a_shard_ends_the_run_and_names_the_shard(store, tmp_path) -> None:
    shutil.copytree(store.path, tmp_path / "store")
    (tmp_path / "store/points/c/0/0/0").unlink()
    for stage, one in (
        (pretrain, job(store, tmp_path / "a")),
        (finetune, tuned(store, tmp_path / "b")),
    ):
        with pytest.raises(InputError, match=r"points/c/0/0/0: missing.*video"):
            stage(one._replace(store=tmp_path / "store"))


def test_points_that_are_not_finite_are_neither_scored_nor_predicted(
    raw, reader, tmp_path: Path
) -> None:
    prepare(reader, raw, tmp_path / "store", points=64, dtype="float32")
    stored = open_store(tmp_path / "store")
    finetune(tuned(stored, tmp_path / "run"))
    (row,) = np.flatnonzero(stored.videos.split == "test")
    points = zarr.open_group(stored.path, mode="r+")["points"]
    points[int(stored.videos.offset[row]) + 4, 3, 1] = np.nan
    wanted = rf"points: values that are not finite \(video {stored.videos.name[row]}\)"
    with pytest.raises(InputError, match=wanted):
        evaluate(tmp_path / "run")
    with pytest.raises(InputError, match=wanted):
        predict(tmp_path / "run", [stored.path])


def test_a_pretraining_that_diverges_says_so(store, tmp_path: Path) -> None:
    wild = OptimConfig(lr=1e12, clip_norm=0.0, warmup_epochs=0)
    with pytest.raises(DivergedError, match=r"lower optim\.lr"):
        pretrain(job(store, tmp_path / "run", optim=wild))
