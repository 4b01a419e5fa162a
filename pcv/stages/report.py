"""``pcv report``: runs side by side."""

from __future__ import annotations

from pathlib import Path

from pcv.report import Row, collect, summarise, variants, write_report


def report(runs: list[Path], out: Path | None) -> tuple[list[Row], list[Path]]:
    """Compare runs over their seeds; with ``out`` also write a page with pictures.

    Returns:
        Rows of the table, and the files written.

    Raises:
        InputError: No finished run among ``runs``.
    """
    found = collect(runs)
    rows = summarise([result for _, result in found], variants([path for path, _ in found]))
    return rows, write_report(found, rows, out) if out else []
