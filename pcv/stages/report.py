"""``pcv report``: a comparison of runs."""

from __future__ import annotations

from pathlib import Path

from pcv.report.tables import ReportRow, collect_results, summarise, variants, write_report
from pcv.stages.pooling import FOLDS, pool


def report(
    runs: list[Path], out: Path | None, *, pooled: bool = False
) -> tuple[list[ReportRow], list[Path]]:
    """Compare runs over their seeds and folds; with ``out`` also write a page with pictures.

    Args:
        runs: Run folders.
        out: The folder of the page; None: no page is written.
        pooled: Whether to add a row of all runs that test different subjects, see ``pool``.

    Returns:
        The rows of the table, and the paths of the files that were written.

    Raises:
        InputError: No run among ``runs`` is finished, or none can be pooled.
    """
    found = collect_results(runs)
    paths, results = [path for path, _ in found], [result for _, result in found]
    said = variants(paths)
    more = pool(found, variants(paths, (FOLDS,))) if pooled else []
    rows = summarise(
        [*results, *(each.result for each in more)], [*said, *(each.variant for each in more)]
    )
    return rows, write_report(found, rows, out) if out else []
