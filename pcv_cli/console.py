"""How commands print: results to standard output, progress and errors to standard error.

Texts come from files, names and recipes of anyone. They are printed as they are, never as markup,
and what a terminal would obey is escaped.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bar
from rich.text import Text

from pcv.errors import PcvError, escaped, one_line
from pcv.progress import Progress

WIDE = 200  # columns of a table if the output is not a terminal
PLAIN_EVERY = 10.0  # seconds between lines of progress if the output is not a terminal


class _Plain(Console):
    """A console whose closed pipe is an ``OSError`` like any other, for the border to tell of."""

    def on_broken_pipe(self) -> None:
        raise  # rich calls this where it handles the BrokenPipeError


def _is_terminal() -> bool:
    return sys.stdout is not None and sys.stdout.isatty()


out = _Plain(highlight=False, soft_wrap=True, width=None if _is_terminal() else WIDE)
err = _Plain(stderr=True, highlight=False, soft_wrap=True)


def cell(said: object, style: str = "") -> Text:
    """Return a text for a table, or to be printed, without markup and control characters."""
    return Text(escaped(said), style=style)


def say(said: object) -> None:
    """Write one line to standard output."""
    out.print(cell(said))


def note(said: object, mark: str = "", style: str = "") -> None:
    """Write one line to standard error, where nobody needs it: work goes on if that is closed.

    Args:
        said: The line.
        mark: A word before it.
        style: How rich shows the word.
    """
    parts = [cell(mark, style), cell(said)] if mark else [cell(said)]
    with suppress(OSError):
        err.print(*parts)


def print_json(value: Any) -> None:  # noqa: ANN401 - any JSON value
    """Write a value to standard output as one JSON document, without colours."""
    out.file.write(json.dumps(value, indent=2, allow_nan=False, default=str) + "\n")


def print_error(said: PcvError | str) -> None:
    """Write one line on what went wrong to standard error."""
    note(one_line(said), "error:", "bold red")


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:.1f}/s" if task.speed else "-/s", style="progress.data.speed")


@contextmanager
def progress(title: str, *, goes_on: bool = False) -> Iterator[Progress]:
    """Show the progress of long work, as a bar with rate and time left, or as plain lines.

    Args:
        title: What is being done, in two or three words.
        goes_on: Whether the same command continues the work after an interruption.

    Yields:
        The callback that the work calls.
    """
    try:
        with _shown(title) as advance:
            yield advance
    except KeyboardInterrupt:
        note("interrupted" + ("; the same command goes on where it stopped" * goes_on))
        raise


@contextmanager
def _shown(title: str) -> Iterator[Progress]:
    if not err.is_terminal:
        yield _plain(title)
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", style="bold", markup=False),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        _Rate(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}", markup=False),
    )
    with Bar(*columns, console=err, transient=False) as bar:
        task = bar.add_task(escaped(title), total=None, note="")

        def advance(done: int, total: int, text: str) -> None:
            bar.update(task, completed=done, total=total, note=escaped(text))

        yield advance


def _plain(title: str) -> Progress:
    began = time.monotonic()
    last = -PLAIN_EVERY
    first: tuple[float, int] | None = None

    def advance(done: int, total: int, text: str) -> None:
        nonlocal last, first
        now = time.monotonic() - began
        if first is None:
            first = (now, done)
        if now - last < PLAIN_EVERY and done < total:
            return
        last = now
        rate = (done - first[1]) / (now - first[0]) if now > first[0] else 0.0
        left = f", {(total - done) / rate:.0f} s left" if rate else ""
        note(f"{title}: {done}/{total}, {rate:.1f}/s{left}  {text}")

    return advance
