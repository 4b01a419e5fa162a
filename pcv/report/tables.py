"""The results of runs, as tables and pictures."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import statistics
from pathlib import Path
from typing import Any, NamedTuple

from rich.table import Table
from rich.text import Text

from pcv.errors import InputError, PcvError, escaped
from pcv.train.run import RunFolder, RunResult

# Scores by how early they are shown; the first four that a run has go into its row.
SHOWN = (
    "linear", "knn_1", "knn_5", "accuracy", "ap50", "ap25", "ap", "psnr", "nearest_psnr",
    "depth_l1", "nearest_depth_l1", "mean_class_accuracy", "miou_present_classes",
    "miou_all_classes", "point_accuracy", "batch_drift", "loss",
)  # fmt: skip
# Keys that never tell variants apart: they have columns of their own, or differ in every run.
SAME_RUN = (
    "train.seed", "train.label_fraction", "train.shots", "train.validation_fold", "train.protocol",
    "store",
)  # fmt: skip
LONG = 6  # lists of at least this many names are shown as their number and a checksum
# How the names of scores begin that are shown as percentages.
SHARES = ("linear", "knn", "accuracy", "ap", "mean_class", "miou", "point_accuracy", "best_")


class ReportRow(NamedTuple):
    """Runs that differ in nothing but their seed or fold (and the run they start from)."""

    stage: str
    recipe: str
    variant: str  # the keys that differ from those of other runs of the same recipe file
    dataset: str
    init: str  # "random" or "pretrained", and from which run if rows differ in that
    label_fraction: float
    shots: int
    protocol: str
    kind: str  # the videos that were scored: "test", or "validation" in cross-validation
    seeds: list[int]  # one per run
    folds: list[int | None]  # one per run
    scores: dict[str, list[float]]  # by name; one value per run
    n_scored: int | None
    n_in_split: int | None


def collect_results(runs: list[Path]) -> list[tuple[Path, RunResult]]:
    """Read the results of the finished runs among some folders.

    Raises:
        InputError: A folder is missing, or none holds a finished run.
    """
    found = []
    for path in sorted(set(runs)):
        if not path.is_dir():
            raise InputError(f"{path}: no such run folder")
        result = RunFolder(path).result()
        if result is not None:
            found.append((path, result))
    if not found:
        raise InputError("none of the folders given holds a finished run (result.json)")
    return found


def variants(paths: list[Path], besides: tuple[str, ...] = ()) -> list[str]:
    """Return the keys in which each run differs from others of the same recipe file.

    Args:
        paths: Run folders.
        besides: Keys that are left out, besides those of ``SAME_RUN``.

    Returns:
        One text per run, such as ``probe.read=max``; empty if nothing differs.
    """
    settings = [_flat(RunFolder(path).recipe()) for path in paths]
    names = [RunFolder(path).result() for path in paths]
    said = []
    for mine, own in zip(settings, names, strict=True):
        alike = [
            s for s, r in zip(settings, names, strict=True) if r and own and r.recipe == own.recipe
        ]
        keys = [k for k in mine if any(s.get(k) != mine[k] for s in alike)]
        keys = [key for key in keys if key not in (*SAME_RUN, *besides)]
        said.append(" ".join(f"{key}={_short(mine[key])}" for key in keys))
    return said


def _short(value: Any) -> str:  # noqa: ANN401 - whatever a recipe holds
    """Return a value as text; a long list of names as their number and a checksum."""
    if not isinstance(value, list) or len(value) < LONG or not isinstance(value[0], str):
        return str(value)
    mark = hashlib.sha256(" ".join(map(str, value)).encode()).hexdigest()[:6]
    return f"[{len(value)} names, {mark}]"


def _flat(tree: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, value in tree.items():
        name = f"{prefix}{key}"
        values |= _flat(value, f"{name}.") if isinstance(value, dict) else {name: value}
    return values


def summarise(results: list[RunResult], variant: list[str] | None = None) -> list[ReportRow]:
    """Group results that differ only in seed or fold.

    Args:
        results: One per run.
        variant: What ``variants`` returns for each; None: nothing differs.
    """
    groups: dict[tuple[Any, ...], list[RunResult]] = {}
    several = len({_start(result) for result in results if result.init != "random"}) > 1
    for result, other in zip(results, variant or [""] * len(results), strict=True):
        init = "random" if result.init == "random" else "pretrained"
        if several and result.init != "random":
            init = f"pretrained: {_start(result)}"
        key = (
            result.stage, result.recipe, other, result.dataset, init,
            result.label_fraction, result.shots, result.protocol,
            "test" if result.fold is None else "validation",
        )  # fmt: skip
        groups.setdefault(key, []).append(result)
    rows = []
    for key in sorted(groups, key=str):
        group = sorted(groups[key], key=lambda r: (r.seed, r.fold or 0))
        people = {result.fold: result for result in group}.values()  # one result per fold
        names = [name for name in group[0].scores if all(name in r.scores for r in group)]
        rows.append(
            ReportRow(
                *key,
                [r.seed for r in group],
                [r.fold for r in group],
                {name: [r.scores[name] for r in group] for name in names},
                _total([r.n_scored for r in people]),
                _total([r.n_in_split for r in people]),
            )
        )
    return rows


def _total(counts: list[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


def _start(result: RunResult) -> str:
    """Return the name of the run that a run started from, without its seed."""
    return re.sub(r"-(seed)?\d+$", "", result.init)


def repeats(row: ReportRow, name: str) -> list[float]:
    """Return one value per seed, the mean over its folds; or of a single seed one value per fold.

    Folds differ in what is scored, and seeds in how training went, so that their deviations are
    not mixed.
    """
    values = row.scores[name]
    by_seed: dict[int, list[float]] = {}
    for seed, value in zip(row.seeds, values, strict=True):
        by_seed.setdefault(seed, []).append(value)
    return values if len(by_seed) == 1 else [statistics.fmean(v) for v in by_seed.values()]


def mean_and_deviation(name: str, values: list[float]) -> str:
    """Return mean and standard deviation as text.

    Shares are shown as percentages, and other values below 10 with three decimals.
    """
    factor, unit = (100.0, " %") if name.startswith(SHARES) else (1.0, "")
    mean = statistics.fmean(values) * factor
    digits = 1 if unit or abs(mean) >= 10 else 3
    if len(values) == 1:
        return f"{mean:.{digits}f}{unit}"
    return f"{mean:.{digits}f} ± {statistics.stdev(values) * factor:.{digits}f}{unit}"


def _cells(row: ReportRow) -> list[str]:
    shown = [name for name in (*SHOWN, *row.scores) if name in row.scores]
    shown = list(dict.fromkeys(shown))[:4]
    scored = "" if row.n_scored is None else f"{row.n_scored} / {row.n_in_split}"
    seeds = ", ".join(map(str, row.seeds))
    if row.kind == "validation":
        scored += " validation"
        one, two = (", ".join(map(str, dict.fromkeys(v))) for v in (row.seeds, row.folds))
        seeds = f"{one}; folds {two}"
    return [
        row.stage,
        f"{row.recipe} {row.variant}".strip(),
        row.init,
        f"{row.shots} per class" if row.shots else f"{row.label_fraction:.0%}",
        ", ".join(f"{name} {mean_and_deviation(name, repeats(row, name))}" for name in shown),
        scored,
        seeds,
        row.protocol,
    ]


HEADINGS = ["stage", "recipe", "init", "labels", "scores", "scored / in split", "seeds", "protocol"]


def table(rows: list[ReportRow]) -> Table:
    """Build a table for a terminal."""
    found = Table(*HEADINGS, box=None)
    for row in rows:
        found.add_row(*(Text(escaped(text)) for text in _cells(row)))
    return found


def to_markdown(rows: list[ReportRow]) -> str:
    """Build a table in Markdown."""
    lines = [HEADINGS, ["---"] * len(HEADINGS), *map(_cells, rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def to_csv(rows: list[ReportRow]) -> str:
    """Build a CSV with one line per score and run."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(
        ["stage", "recipe", "variant", "dataset", "init", "label_fraction", "shots", "protocol",
         "split", "seed", "fold", "score", "value", "n_scored", "n_in_split"]
    )  # fmt: skip
    for row in rows:
        for name, values in row.scores.items():
            for seed, fold, value in zip(row.seeds, row.folds, values, strict=True):
                counts = row.n_scored, row.n_in_split
                writer.writerow([*row[:9], seed, fold, name, value, *counts])
    return out.getvalue()


def to_json(rows: list[ReportRow]) -> list[dict[str, Any]]:
    """Return the rows as values that JSON can hold."""
    return [row._asdict() for row in rows]


def write_report(
    found: list[tuple[Path, RunResult]], rows: list[ReportRow], out: Path
) -> list[Path]:
    """Write report.md, report.csv, curves.png and a PNG of every run's confusion matrix.

    Args:
        found: The folders and results of the runs.
        rows: What ``summarise`` returned for them.
        out: The folder that is written.

    Returns:
        The paths that were written.

    Raises:
        PcvError: matplotlib is not installed.
    """
    try:
        import matplotlib as mpl
    except ImportError:
        raise PcvError("pictures need matplotlib: pip install 'pcv[plot]'") from None
    mpl.use("Agg")
    out.mkdir(parents=True, exist_ok=True)
    written = [out / "report.md", out / "report.csv"]
    pictures = [_curves(found, out / "curves.png")]
    pictures += [_confusion(path, r, out) for path, r in found if r.confusion and r.n_scored]
    lines = ["# Report\n", to_markdown(rows)]
    lines += [f"![{picture.stem}]({picture.name})\n" for picture in pictures if picture]
    written[0].write_text("\n".join(lines))
    written[1].write_text(to_csv(rows))
    return written + [picture for picture in pictures if picture]


def _curves(found: list[tuple[Path, RunResult]], out: Path) -> Path | None:
    from matplotlib import pyplot as plt

    runs = [(path, RunFolder(path).metrics()) for path, _ in found]
    runs = [(path, lines) for path, lines in runs if lines]
    if not runs:
        return None
    names = list(dict.fromkeys(k for _, lines in runs for line in lines for k in line))
    names = [name for name in names if name not in ("step", "bank")][:9]
    columns = min(3, len(names))
    height = -(-len(names) // columns)
    figure, axes = plt.subplots(
        height, columns, figsize=(4 * columns, 2.6 * height), squeeze=False, layout="constrained"
    )
    for axis in axes.flat[len(names) :]:
        axis.set_axis_off()
    for axis, name in zip(axes.flat, names, strict=False):
        for path, lines in runs:
            points = [(line["step"], line[name]) for line in lines if name in line]
            if points:
                axis.plot(*zip(*points, strict=True), label=path.name, linewidth=1)
        axis.set_title(name, fontsize=9)
        axis.tick_params(labelsize=7)
    axes.flat[0].legend(fontsize=6)
    figure.supxlabel("step", fontsize=8)
    figure.savefig(out, dpi=120)
    plt.close(figure)
    return out


def _confusion(path: Path, result: RunResult, out: Path) -> Path:
    import numpy as np
    from matplotlib import pyplot as plt

    assert result.confusion is not None
    counts = np.array(result.confusion)
    keep = counts.sum(0) + counts.sum(1) > 0
    names = [name for name, used in zip(result.class_names, keep, strict=True) if used]
    share = counts[keep][:, keep] / np.maximum(counts[keep].sum(1, keepdims=True), 1)
    size = 2.5 + 0.28 * len(names)
    figure, axis = plt.subplots(figsize=(size, size), layout="constrained")
    axis.imshow(share, vmin=0, vmax=1, cmap="Blues")
    axis.set_xticks(range(len(names)), names, rotation=90, fontsize=7)
    axis.set_yticks(range(len(names)), names, fontsize=7)
    axis.set_xlabel("taken for")
    axis.set_ylabel("truth")
    axis.set_title(f"{path.name}: {np.trace(counts) / counts.sum():.1%} of {counts.sum()}")
    target = out / f"confusion-{path.name}.png"
    figure.savefig(target, dpi=120)
    plt.close(figure)
    return target
