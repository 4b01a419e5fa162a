import csv
import io
from pathlib import Path

import pytest

from pcv.errors import InputError
from pcv.report.tables import (
    collect_results,
    mean_and_deviation,
    repeats,
    summarise,
    to_csv,
    to_json,
    to_markdown,
    variants,
    write_report,
)
from pcv.train.run import RunFolder, RunResult


def result(seed: int, linear: float, **change: object) -> RunResult:
    values = {
        "stage": "probe", "recipe": "small", "seed": seed, "dataset": "utd", "protocol": "strict",
        "init": "pretrain-a", "steps": 5, "seconds": 1.0, "scores": {"linear": linear},
        "n_scored": 4, "n_in_split": 5, "class_names": ["a", "b"], "confusion": [[1, 1], [0, 2]],
    }  # fmt: skip
    return RunResult(**(values | change))


def test_seeds_are_gathered_to_mean_and_deviation() -> None:
    rows = summarise([result(1, 0.5), result(0, 0.7), result(0, 0.2, init="random")])
    assert [row.init for row in rows] == ["pretrained", "random"]
    assert rows[0].seeds == [0, 1]
    assert rows[0].scores == {"linear": [0.7, 0.5]}
    assert mean_and_deviation("linear", [0.7, 0.5]) == "60.0 ± 14.1 %"
    assert mean_and_deviation("loss", [1.5]) == "1.500"
    assert mean_and_deviation("depth_l1", [0.164, 0.166]) == "0.165 ± 0.001"
    assert mean_and_deviation("psnr", [18.0, 19.0]) == "18.5 ± 0.7"
    assert mean_and_deviation("ap50", [0.25]) == "25.0 %"


def test_fractions_stages_and_protocols_stay_apart() -> None:
    rows = summarise(
        [result(0, 0.5), result(0, 0.5, label_fraction=0.1), result(0, 0.5, protocol="paper")]
    )
    assert len(rows) == 3


def test_runs_from_other_pretrainings_are_not_other_seeds() -> None:
    starts = ("pre-cross-0", "pre-cross-1", "pre-single-seed0", "random")
    rows = summarise([result(seed, 0.5, init=init) for seed, init in enumerate(starts)])
    assert [(row.init, row.seeds) for row in rows] == [
        ("pretrained: pre-cross", [0, 1]),
        ("pretrained: pre-single", [2]),
        ("random", [3]),
    ]


def test_folds_are_gathered_and_their_people_counted_once() -> None:
    folds = [
        result(seed, 0.1 * fold, fold=fold, n_scored=fold + 1, n_in_split=fold + 2)
        for seed in (0, 1)
        for fold in (0, 1, 2)
    ]
    (row,) = summarise(folds)
    assert (row.seeds, row.folds) == ([0, 0, 0, 1, 1, 1], [0, 1, 2, 0, 1, 2])
    assert (row.n_scored, row.n_in_split) == (6, 9)
    assert "| 6 / 9 validation | 0, 1; folds 0, 1, 2 |" in to_markdown([row])
    lines = list(csv.DictReader(io.StringIO(to_csv([row]))))
    assert [(line["split"], line["fold"]) for line in lines[:2]] == [
        ("validation", "0"),
        ("validation", "1"),
    ]
    assert len(summarise([*folds, result(0, 0.5)])) == 2


def test_the_deviation_is_over_seeds_or_over_folds_not_over_both() -> None:
    easy, hard = 0.9, 0.1
    both = [
        result(seed, value + 0.02 * seed, fold=fold)
        for seed in (0, 1)
        for fold, value in enumerate((easy, hard))
    ]
    (row,) = summarise(both)
    assert repeats(row, "linear") == pytest.approx([0.5, 0.52])
    (row,) = summarise(both[:2])
    assert repeats(row, "linear") == [easy, hard]


def test_shots_are_named_and_stay_apart() -> None:
    rows = summarise([result(0, 0.5), result(0, 0.5, shots=1), result(0, 0.5, shots=5)])
    assert len(rows) == 3
    assert "| 5 per class |" in to_markdown(rows)


def test_runs_of_other_settings_are_not_other_seeds(tmp_path: Path) -> None:
    for name, read in (("a", "max"), ("b", "segments"), ("c", "max")):
        folder = RunFolder(tmp_path / name)
        folder.open(f"probe: {{read: {read}}}\ntrain: {{seed: {ord(name)}}}\n", resume=False)
        folder.finish(result(ord(name), 0.5))
    found = collect_results([tmp_path / name for name in "abc"])
    said = variants([path for path, _ in found])
    assert said == ["probe.read=max", "probe.read=segments", "probe.read=max"]
    rows = summarise([r for _, r in found], said)
    assert [(row.variant, len(row.seeds)) for row in rows] == [
        ("probe.read=max", 2),
        ("probe.read=segments", 1),
    ]


def test_long_lists_of_names_are_told_apart_by_a_mark(tmp_path: Path) -> None:
    for name, last in (("a", "s9"), ("b", "s8"), ("c", "s9")):
        folder = RunFolder(tmp_path / name)
        names = ", ".join([*(f"s{i}" for i in range(9)), last])
        folder.open(f"train: {{scenes: [{names}]}}", resume=False)
        folder.finish(result(0, 0.5))
    one, other, same = variants([tmp_path / name for name in "abc"])
    assert one == same != other
    assert one.startswith("train.scenes=[10 names, ")


def test_tables_hold_scored_and_in_split() -> None:
    rows = summarise([result(0, 0.5), result(1, 0.6)])
    assert "| 4 / 5 |" in to_markdown(rows)
    lines = list(csv.DictReader(io.StringIO(to_csv(rows))))
    assert [(line["seed"], line["value"]) for line in lines] == [("0", "0.5"), ("1", "0.6")]
    assert to_json(rows)[0]["n_scored"] == 4


def test_runs_are_collected_and_unfinished_ones_left_out(tmp_path: Path) -> None:
    RunFolder(tmp_path / "a").open("x", resume=False)
    RunFolder(tmp_path / "a").finish(result(0, 0.5))
    RunFolder(tmp_path / "b").open("x", resume=False)
    assert [path.name for path, _ in collect_results([tmp_path / "b", tmp_path / "a"])] == ["a"]
    with pytest.raises(InputError, match="none of the folders"):
        collect_results([tmp_path / "b"])
    with pytest.raises(InputError, match="no such run"):
        collect_results([tmp_path / "c"])


def test_a_page_with_pictures_is_written(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "a")
    folder.open("x", resume=False)
    for step in range(1, 5):
        folder.log(step, {"loss": 1 / step, "lr": 0.1})
    folder.finish(result(0, 0.5))
    found = collect_results([tmp_path / "a"])
    written = write_report(found, summarise([r for _, r in found]), tmp_path / "report")
    names = {path.name for path in written}
    assert names == {"report.md", "report.csv", "curves.png", "confusion-a.png"}
    for path in written:
        assert path.stat().st_size > 100
        assert path.suffix != ".png" or path.read_bytes().startswith(b"\x89PNG")
    assert "confusion-a.png" in (tmp_path / "report/report.md").read_text()
