"""How results look in a terminal, and as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table

from pcv_cli import console
from pcv_cli.console import cell, note, say

if TYPE_CHECKING:
    from pcv.data.prepare import PrepareSummary
    from pcv.train.run import RunResult

MOST_SKIPPED = 20  # skipped recordings that are listed; more are only counted


def facts(title: str, values: dict[str, Any]) -> None:
    """Print nested facts as a table of two columns."""
    table = Table(title=cell(title), show_header=False, title_justify="left", box=None)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in _flat(values):
        table.add_row(cell(name), cell(value))
    console.out.print(table)


def prepared(summary: PrepareSummary, as_json: bool) -> None:
    """Print what ``pcv prepare`` wrote and what it left out."""
    if as_json:
        console.print_json(summary._asdict())
        return
    say(f"{summary.videos} videos, {summary.frames} frames in {summary.out}")
    for line in summary.notes or ():
        say(line)
    for line in summary.skipped[:MOST_SKIPPED]:
        note(line, "skipped", "yellow")
    if len(summary.skipped) > MOST_SKIPPED:
        note(f"and {len(summary.skipped) - MOST_SKIPPED} more; pcv info lists them all")


def result(value: RunResult, out: Path, as_json: bool) -> None:
    """Print the result of a run, and its folder."""
    values = value.to_dict()
    if as_json:
        console.print_json(values)
        return
    facts(f"{values['stage']} {out}", {k: v for k, v in values.items() if v not in (None, {}, [])})
    _warning(values)


def _warning(values: dict[str, Any]) -> None:
    if values.get("warning"):
        note(values["warning"], "warning:", "yellow")


def scores(values: dict[str, Any]) -> None:
    """Print the accuracy and what it is a share of, then a row per class."""
    _warning(values)
    if "miou_all_classes" in values:
        _point_scores(values)
        return
    scored, split = values["n_scored"], values["n_in_split"]
    say(
        f"accuracy {values['accuracy']:.2%}  ({values['n_correct']} of {scored} scored; "
        f"{scored} of {split} videos in {values['split']} scored{_passes(values)})"
    )
    table = Table("class", "accuracy", "videos", "most taken for", box=None)
    for row in values["classes"]:
        share = "-" if row["accuracy"] is None else f"{row['accuracy']:.1%}"
        table.add_row(cell(row["name"]), share, str(row["videos"]), cell(row["taken_for"] or ""))
    console.out.print(table)


def _point_scores(values: dict[str, Any]) -> None:
    """Print both averages of the IoU, then a row per class."""
    say(
        f"mIoU {values['miou_present_classes']:.2%} over the classes present, "
        f"{values['miou_all_classes']:.2%} over all {len(values['classes'])}; "
        f"points right {values['point_accuracy']:.2%}{_extra(values)}  "
        f"({values['n_scored']} of {values['n_in_split']} videos in {values['split']} scored)"
    )
    table = Table("class", "IoU", "points", box=None)
    for row in values["classes"]:
        share = "-" if row["iou"] is None else f"{row['iou']:.1%}"
        table.add_row(cell(row["name"]), share, str(row["points"]))
    console.out.print(table)
    if "others" in values:
        _others(values["others"])


def _passes(values: dict[str, Any]) -> str:
    return f", {values['passes']} passes" if values.get("passes", 1) > 1 else ""


def _extra(values: dict[str, Any]) -> str:
    """Return the scores that only scenes have, as text."""
    said = _passes(values)
    if "batch_drift" not in values:
        return said
    mean, drift = values["mean_class_accuracy"], values["batch_drift"]
    return f", mAcc {mean:.2%}, batch drift {drift:.3f}{said}"


def _others(rows: list[dict[str, Any]]) -> None:
    """Print how other scenes in the batch change the scores."""
    table = Table(
        "mode", "others", "scene is", "content", "mIoU", "points right", "moved", box=None
    )
    for row in rows:
        shares = (row["miou_present_classes"], row["point_accuracy"], row["moved"])
        names = (row["mode"], row["others"], row["place"], row["content"])
        table.add_row(*map(cell, names), *(f"{share:.2%}" for share in shares))
    console.out.print(table)


def predictions(values: dict[str, Any], as_json: bool) -> None:
    """Print the classes of recordings, or how the points of each are distributed over classes."""
    if as_json:
        console.print_json(values)
    else:
        for each in values["inputs"]:
            note(f"{each['path']}: read as {each['format']}, {each['why']}")
        rows = values["recordings"]
        console.out.print(_classes(rows) if values["task"] == "classify" else _clouds(rows))
    for line in values["skipped"]:
        note(line, "skipped", "yellow")


def _classes(rows: list[dict[str, Any]]) -> Table:
    table = Table("recording", "frames", "label", "score", "then", box=None)
    for row in rows:
        others = ", ".join(f"{t['label']} {t['score']:.1%}" for t in row["top"][1:])
        frames = f"{row['frames']}{' (padded)' if row['padded'] else ''}"
        table.add_row(
            cell(row["recording"]), frames, cell(row["label"]), f"{row['score']:.1%}",
            cell(others),
        )  # fmt: skip
    return table


def _clouds(rows: list[dict[str, Any]]) -> Table:
    table = Table("recording", "frames", "points", "mean score", "classes", "files", box=None)
    if "objects" in rows[0]:
        table.add_column("objects")
    for row in rows:
        counts = sorted(row["points_a_class"].items(), key=lambda item: -item[1])
        shares = [f"{name} {n / row['points']:.1%}" for name, n in counts if n][:5]
        score = "-" if row["score"] is None else f"{row['score']:.1%}"
        table.add_row(
            cell(row["recording"]), str(row["frames"]), str(row["points"]), score,
            cell(", ".join(shares)), cell(row["files"]),
            *([str(len(row["objects"]))] if "objects" in row else []),
        )  # fmt: skip
    return table


def exported(values: dict[str, Any], as_json: bool) -> None:
    """Print what ``pcv export`` wrote."""
    console.print_json(values) if as_json else facts(f"export {values['out']}", values)


def report(value: Any, as_json: bool) -> None:  # noqa: ANN401 - the report module's own type
    """Print a comparison of runs."""
    from pcv.report.tables import table, to_json

    console.print_json(to_json(value)) if as_json else console.out.print(table(value))


def _flat(values: dict[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for key, value in values.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict) and len(value) <= 12:
            rows += _flat(value, f"{name}.")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            rows += [(name if i == 0 else "", _line(item)) for i, item in enumerate(value)]
        else:
            rows.append((name, _text(value)))
    return rows


def _line(item: dict[str, Any]) -> str:
    return "  ".join(f"{_text(value)}" for value in item.values())


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list | tuple):
        return ", ".join(_text(v) for v in value)
    if isinstance(value, dict):
        return ", ".join(f"{k} {_text(v)}" for k, v in value.items())
    return str(value)
