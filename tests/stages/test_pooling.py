from pathlib import Path

import numpy as np
import pytest

from pcv.errors import InputError
from pcv.stages.pooling import pool
from pcv.stages.report import report
from pcv.train.run import RunFolder, RunResult

MATRICES = {1: [[8, 2], [0, 5]], 2: [[1, 3], [4, 40]], 3: [[0, 0], [1, 9]]}


def fold(folder: Path, area: int | None, *, seed: int = 0, lr: float = 0.1, **change) -> Path:
    tested = "" if area is None else f"test_subjects: [{area}], "
    run = RunFolder(folder)
    run.open(f"train: {{{tested}seed: {seed}}}\noptim: {{lr: {lr}}}\n", resume=False)
    values = {
        "stage": "finetune", "recipe": "s3dis", "seed": seed, "dataset": "s3dis",
        "protocol": "strict", "init": "random", "steps": 5, "seconds": 1.0,
        "scores": {"miou_present_classes": 0.1, "batch_drift": 0.5}, "n_scored": 10 * (area or 1),
        "n_in_split": 10 * (area or 1), "class_names": ["a", "b"],
        "confusion": MATRICES[area or 1],
    }  # fmt: skip
    run.finish(RunResult(**(values | change)))
    return folder


def test_every_point_counts_once(tmp_path: Path) -> None:
    """By hand: intersections and unions are summed over areas before they are divided."""
    runs = [fold(tmp_path / f"a{area}", area) for area in MATRICES]
    rows, _ = report(runs, tmp_path / "page", pooled=True)
    (row,) = [r for r in rows if "pooled" in r.variant]
    whole = np.sum(list(MATRICES.values()), axis=0)
    shares = [9 / (9 + 5 + 5), 54 / (54 + 5 + 5)]
    assert whole.tolist() == [[9, 5], [5, 54]]
    assert row.scores["miou_present_classes"] == pytest.approx([np.mean(shares)])
    assert row.scores["point_accuracy"] == pytest.approx([63 / 73])
    assert row.scores["mean_class_accuracy"] == pytest.approx([(9 / 14 + 54 / 59) / 2])
    assert (row.n_scored, row.n_in_split, row.variant) == (
        60, 60, "pooled over train.test_subjects=[1, 2, 3]",
    )  # fmt: skip
    assert "batch_drift" not in row.scores
    assert len(rows) == 4
    assert "pooled over" in (tmp_path / "page/report.md").read_text()
    assert len(report(runs, None)[0]) == 3


def test_only_what_differs_in_nothing_else_is_pooled(tmp_path: Path) -> None:
    runs = [fold(tmp_path / f"{lr}-{seed}-{area}", area, seed=seed, lr=lr)
            for lr in (0.1, 0.2) for seed in (0, 1) for area in (1, 2)]  # fmt: skip
    rows, _ = report(runs, None, pooled=True)
    pooled = {r.variant: r.seeds for r in rows if "pooled" in r.variant}
    assert pooled == {f"optim.lr={lr} pooled over train.test_subjects=[1, 2]": [0, 1]
                      for lr in (0.1, 0.2)}  # fmt: skip


def test_what_cannot_be_pooled_is_one_line(tmp_path: Path) -> None:
    one, same = fold(tmp_path / "a", 1), fold(tmp_path / "b", 1)
    for runs in ([one], [one, fold(tmp_path / "c", 2, lr=0.3)],
                 [one, fold(tmp_path / "v", 2, scores={"accuracy": 0.5})]):  # fmt: skip
        with pytest.raises(InputError, match="no two runs that label points"):
            report(runs, None, pooled=True)
    for runs in ([one, same], [one, fold(tmp_path / "d", None)]):
        with pytest.raises(
            InputError, match="one of its test subjects, or it names no test subject"
        ):
            report(runs, None, pooled=True)
    assert pool([(one, RunFolder(one).result()),
                 (fold(tmp_path / "e", 3), RunFolder(tmp_path / "e").result())],
                ["x", "x"])[0].variant == "x pooled over train.test_subjects=[1, 3]"  # fmt: skip
