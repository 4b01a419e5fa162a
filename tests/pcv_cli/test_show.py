"""Results as tables, whatever is in their names."""

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from pcv.data.prepare import PrepareSummary
from pcv.errors import escaped
from pcv.report.tables import summarise
from pcv.train.run import RunResult
from pcv_cli import console, show

CLASSES = [
    {"name": "hand [left]", "accuracy": 0.5, "videos": 2, "taken_for": "clap"},
    {"name": "clap", "accuracy": None, "videos": 0, "taken_for": None},
]


def test_nested_facts_are_flat_lines(capsys) -> None:
    values = {"a": {"b": 0.123456, "c": [1, 2]}, "rows": [{"x": 1}, {"x": 2}], "[d]": {}}
    show.facts("a [store]", values)
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        ["a", "[store]"], ["a.b", "0.1235"], ["a.c", "1,", "2"], ["rows", "1"], ["2"],
    ]  # fmt: skip


def test_what_was_prepared_and_left_out(capsys) -> None:
    skipped = [f"[{number}].bin: no header; copy it" for number in range(23)]
    summary = PrepareSummary(2, 9, skipped, Path("store"), ["radius [m] 0.1"])
    show.prepared(summary, False)
    found = capsys.readouterr()
    assert found.out == "2 videos, 9 frames in store\nradius [m] 0.1\n"
    lines = found.err.splitlines()
    assert lines[0] == "skipped [0].bin: no header; copy it"
    assert (len(lines), lines[-1]) == (21, "and 3 more; pcv info lists them all")
    show.prepared(summary, True)
    assert json.loads(capsys.readouterr().out)["videos"] == 2


def test_scores_of_videos_say_what_they_are_a_share_of(capsys) -> None:
    show.scores({
        "accuracy": 0.5, "n_correct": 1, "n_scored": 2, "n_in_split": 3, "split": "test",
        "classes": CLASSES,
    })  # fmt: skip
    first, _, *rows = capsys.readouterr().out.splitlines()
    assert first == "accuracy 50.00%  (1 of 2 scored; 2 of 3 videos in test scored)"
    assert [row.split() for row in rows] == [
        ["hand", "[left]", "50.0%", "2", "clap"], ["clap", "-", "0"],
    ]  # fmt: skip


def test_scores_of_points_have_both_means_and_what_scenes_add(capsys) -> None:
    other = {"mode": "eval", "others": 1, "place": "first", "content": "own",
             "miou_present_classes": 0.5, "point_accuracy": 0.5, "moved": 0.01}  # fmt: skip
    show.scores({
        "miou_present_classes": 0.5, "miou_all_classes": 0.25, "point_accuracy": 0.75,
        "n_scored": 1, "n_in_split": 1, "split": "test", "passes": 3, "mean_class_accuracy": 0.6,
        "batch_drift": 0.0125, "classes": [{"name": "[wall]", "iou": None, "points": 7}],
        "others": [other],
    })  # fmt: skip
    shown = capsys.readouterr().out
    assert shown.startswith("mIoU 50.00% over the classes present, 25.00% over all 1; points right")
    assert "75.00%, mAcc 60.00%, batch drift 0.013, 3 passes" in shown.replace("0.012", "0.013")
    assert "[wall]  -" in shown
    assert shown.splitlines()[-1].split() == [
        "eval", "1", "first", "own", "50.00%", "50.00%", "1.00%",
    ]  # fmt: skip


def test_predictions_of_recordings_and_of_points(capsys) -> None:
    told = {"inputs": [{"path": "raw", "format": "msr", "why": "for [a].bin"}],
            "skipped": ["[b].bin: short"]}  # fmt: skip
    row = {"recording": "[a]", "frames": 3, "padded": True, "label": "clap", "score": 0.5,
           "top": [{"label": "clap", "score": 0.5}, {"label": "wave", "score": 0.25}]}  # fmt: skip
    show.predictions(told | {"task": "classify", "recordings": [row]}, False)
    found = capsys.readouterr()
    assert found.err.splitlines() == ["raw: read as msr, for [a].bin", "skipped [b].bin: short"]
    assert found.out.splitlines()[1].split() == [
        "[a]", "3", "(padded)", "clap", "50.0%", "wave", "25.0%",
    ]  # fmt: skip
    cloud = {"recording": "room", "frames": 1, "points": 4, "score": None, "files": "out/room.ply",
             "points_a_class": {"wall": 1, "floor": 3, "door": 0}, "objects": [{}, {}]}  # fmt: skip
    show.predictions(told | {"task": "segment", "recordings": [cloud]}, False)
    shown = capsys.readouterr().out.splitlines()[1]
    assert shown.split() == [
        "room", "1", "4", "-", "floor", "75.0%,", "wall", "25.0%", "out/room.ply", "2",
    ]  # fmt: skip


ODD = ["[/]", "[red]a[/red]", "\x1b[31ma", "a\nb", "a\rb", ":smile:", "x\udcff", "\u202egnp", "a\\"]


@pytest.mark.parametrize("odd", ODD)
def test_no_name_is_obeyed_by_the_terminal(odd: str, capsys) -> None:
    show.facts(odd, {odd: odd, "list": [odd], "nested": {odd: {odd: odd}}, "rows": [{odd: odd}]})
    summary = PrepareSummary(2, 9, [odd], Path(odd), [odd])
    show.prepared(summary, False)
    videos = {"accuracy": 0.5, "n_correct": 1, "n_scored": 2, "n_in_split": 3, "split": odd}
    show.scores(videos | {"classes": [
        {"name": odd, "accuracy": 0.5, "videos": 2, "taken_for": odd},
    ]})  # fmt: skip
    show.scores({
        "miou_present_classes": 0.5, "miou_all_classes": 0.25, "point_accuracy": 0.75,
        "n_scored": 1, "n_in_split": 1, "split": odd, "classes": [
            {"name": odd, "iou": None, "points": 7},
        ],
    })  # fmt: skip
    told = {"inputs": [{"path": odd, "format": odd, "why": odd}], "skipped": [odd]}
    row = {"recording": odd, "frames": 3, "padded": True, "label": odd, "score": 0.5,
           "top": [{"label": odd, "score": 0.5}, {"label": odd, "score": 0.25}]}  # fmt: skip
    show.predictions(told | {"task": "classify", "recordings": [row]}, False)
    cloud = {"recording": odd, "frames": 1, "points": 4, "score": None, "files": odd,
             "points_a_class": {odd: 4}}  # fmt: skip
    show.predictions(told | {"task": "segment", "recordings": [cloud]}, False)
    show.exported({"out": odd}, False)
    result = RunResult(stage="probe", recipe="r", seed=0, dataset="d", protocol="strict",
                       init="i", steps=1, seconds=1.0, warning="w")  # fmt: skip
    named = {"recipe": odd, "dataset": odd, "init": odd, "warning": odd}
    show.result(result.model_copy(update=named), Path(odd), False)
    show.report(summarise([result.model_copy(update=named)], [odd]), False)
    with console.progress(odd) as progress:
        progress(1, 1, odd)
    found = capsys.readouterr()
    wanted = escaped(odd)
    for text in (found.out, found.err):
        assert wanted in text
        assert all(sign.isprintable() or sign == "\n" for sign in text)
    assert found.out.count(wanted) > 20


@pytest.mark.parametrize("odd", ODD)
def test_json_stays_json_whatever_is_in_it(odd: str, capsys) -> None:
    show.exported({"out": odd, odd: [odd]}, True)
    assert json.loads(capsys.readouterr().out) == {"out": odd, odd: [odd]}


@pytest.mark.parametrize("odd", ODD)
def test_a_bar_shows_names_as_they_are(odd: str, monkeypatch) -> None:
    shown = io.StringIO()
    terminal = Console(file=shown, force_terminal=True, color_system=None, width=200)
    monkeypatch.setattr(console, "err", terminal)
    with console.progress(odd) as progress:
        progress(1, 2, odd)
    assert escaped(odd) in shown.getvalue()
