"""What all commands of the group end with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from pcv_cli import console, show

if TYPE_CHECKING:
    from pcv.data.raw.reader import Reader


def convert_and_show(
    reader: Reader,
    raw: Path,
    out: Path,
    options: dict[str, object],
    as_json: bool,
    *,
    suggest: bool = False,
) -> None:
    """Run a reader over a folder, show what it made, and exit with 1 if it left something out."""
    from pcv.stages.data import prepare

    with console.progress(f"prepare {reader.dataset}", goes_on=True) as progress:
        summary = prepare(reader, raw, out, options, progress=progress, suggest=suggest)
    show.prepared(summary, as_json)
    if summary.skipped:
        raise typer.Exit(1)
