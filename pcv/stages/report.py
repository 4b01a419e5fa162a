"""``pcv report``: runs side by side."""

from __future__ import annotations

from pathlib import Path

from pcv.report.tables import ReportRow, collect_results, summarise, variants, write_report
from pcv.stages.pooling import FOLDS, pool


def report(
    runs: list[Path], out: Path | None, *, pooled: bool = False
) -> tuple[list[ReportRow], list[Path]]:
    """Compare runs over their seeds; with ``out`` also write a page with pictures.

    Args:
        runs: Run folders.
        out: Folder of the page.
        pooled: Also one row of the runs that test different subjects, their confusion summed.

    Returns:
        Rows of the table, and the files written.

    Raises:
        InputError: No finished run among ``runs``, or nothing to pool.
    """
    found = collect_results(runs)
    paths, results = [path for path, _ in found], [result for _, result in found]
    said = variants(paths)
    more = pool(found, variants(paths, (FOLDS,))) if pooled else []
    rows = summarise(
        [*results, *(each.result for each in more)], [*said, *(each.variant for each in more)]
    )
    return rows, write_report(found, rows, out) if out else []
