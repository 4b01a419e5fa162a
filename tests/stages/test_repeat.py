from pathlib import Path

import numpy as np
import pytest

from pcv.errors import InputError
from pcv.stages.repeat import Again, Request, jobs

TEXT = "stage: finetune\nobjective: {name: classify}\ndata: {frames: 8}\ntrain: {seed: 4}\n"


def request(folder: Path, **change: object) -> Request:
    path = folder / "mine.yaml"
    path.write_text(TEXT)
    return Request(path, "finetune", Path("s"), None, ())._replace(**change)


def test_one_job_where_nothing_is_repeated(tmp_path: Path) -> None:
    (job,) = jobs(request(tmp_path, start="runs/p"), Again())
    assert (job.out, job.start, job.recipe.train.seed) == (
        Path("runs/mine-seed4"), Path("runs/p"), 4,
    )  # fmt: skip


def test_seeds_have_runs_of_their_own_and_start_from_their_own(tmp_path: Path) -> None:
    found = jobs(request(tmp_path, start="runs/p-{seed}"), Again("0,2"))
    assert [job.recipe.train.seed for job in found] == [0, 2]
    assert [str(job.out) for job in found] == ["runs/mine-seed0", "runs/mine-seed2"]
    assert [str(job.start) for job in found] == ["runs/p-0", "runs/p-2"]
    named = jobs(request(tmp_path, out=Path("o/x")), Again("1"))
    assert [str(job.out) for job in named] == ["o/x-seed1"]


def test_folds_are_named_or_all_that_there_are(store, tmp_path: Path) -> None:
    named = jobs(request(tmp_path, start="p-{seed}-{fold}"), Again("0", "1,2"))
    assert [job.recipe.train.validation_fold for job in named] == [1, 2]
    assert [str(job.out) for job in named] == ["runs/mine-seed0-fold1", "runs/mine-seed0-fold2"]
    assert [str(job.start) for job in named] == ["p-0-1", "p-0-2"]
    every = jobs(request(tmp_path, store=store.path), Again(None, "all"))
    assert [job.recipe.train.validation_fold for job in every] == [0, 1, 2]
    pairs = request(tmp_path, store=store.path, overrides=("train.validation_subjects=2",))
    assert len(jobs(pairs, Again(None, "all"))) == 2


@pytest.mark.parametrize(
    ("again", "overrides", "said"),
    [
        (Again("0,x"), (), "--seeds 0,x: expected numbers such as 0,1,2"),
        (Again("-1"), (), "expected numbers"),
        (Again(""), (), "expected numbers"),
        (Again("1,1"), (), "seed 1 is listed twice"),
        (Again("1"), ("train.seed=3",), "give only one of them"),
        (Again(None, "1"), ("train.validation_fold=3",), "give only one of them"),
    ],
)
def test_a_bad_list_is_one_line(tmp_path: Path, again: Again, overrides: tuple, said: str) -> None:
    with pytest.raises(InputError, match=said):
        jobs(request(tmp_path, overrides=overrides), again)


def test_folds_of_rooms_without_subjects_are_of_rooms(rooms, tmp_path: Path, monkeypatch) -> None:
    unknown = rooms.videos._replace(subject=np.full(3, -1))
    monkeypatch.setattr(rooms, "videos", unknown)
    monkeypatch.setattr("pcv.stages.repeat.open_store", lambda *_: rooms)
    path = tmp_path / "rooms.yaml"
    path.write_text("stage: finetune\nencoder: {name: serial}\nobjective: {name: scene_segment}\n")
    trains = int((unknown.split == "train").sum())
    found = jobs(Request(path, "finetune", rooms.path, None, ()), Again(None, "all"))
    assert len(found) == trains == 2
