"""The border of the command: whatever is raised behind it becomes one line and an exit code."""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from collections.abc import Callable
from contextlib import redirect_stdout, suppress
from typing import Any

import typer

from pcv.errors import PcvError, as_raised, escaped, one_line
from pcv.version import __version__
from pcv_cli import console
from pcv_cli.memory import out_of_memory

# Typer's usage errors; Typer has no name for their parent, and may bring its own click.
Usage: Any = next(k for k in typer.BadParameter.__mro__ if k.__name__ == "ClickException")
MOST = 300  # characters of an unexpected error that are shown


class Traces:
    """Whether traces of unexpected errors are shown, which ``pcv --debug`` asks for."""

    shown = False


traces = Traces()


class Watched:
    """Standard output that remembers whether it refused what was printed."""

    def __init__(self, stream: Any) -> None:  # noqa: ANN401 - a stream, or what replaces it
        self.stream = stream
        self.refused: OSError | ValueError | None = None

    def write(self, text: str) -> int:
        return int(self._do(self.stream.write, text))

    def flush(self) -> None:
        self._do(self.stream.flush)

    def _do(self, call: Callable[..., Any], *arguments: str) -> Any:  # noqa: ANN401 - what it says
        try:
            return call(*arguments)
        except (OSError, ValueError) as error:  # ValueError: somebody closed it
            self.refused = error
            raise

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever a stream has
        return getattr(self.stream, name)


def run(app: typer.Typer) -> None:
    """Run the command line and exit.

    Bad input and other failures that are foreseen (``PcvError``) are one line. So are memory that
    is not there and an output that cannot be written. Anything else is a bug: the line names a file
    that holds the trace.
    """
    _ready_streams()
    traces.shown = False
    watched = Watched(sys.stdout)
    with redirect_stdout(watched):
        code = _code(app, watched)
    sys.exit(_flushed(code, watched))


def _code(app: typer.Typer, watched: Watched) -> int:
    """Run a command, tell of what went wrong, and return the exit code."""
    try:
        found = app(standalone_mode=False)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except PcvError as error:
        return _foreseen(as_raised(error))
    except typer.Abort:
        console.print_error("aborted")
        return 1
    except Usage as error:
        return _misused(error)
    except Exception as error:
        if error is watched.refused:
            return 1  # ``_flushed`` tells of it
        return _foreseen(as_raised(error))
    return found if isinstance(found, int) else 0


def _misused(error: Any) -> int:  # noqa: ANN401 - of Typer or of click
    from typer.rich_utils import rich_format_error

    said = escaped(error.format_message())
    error.format_message = lambda: said
    with suppress(OSError):
        rich_format_error(error)
    return int(error.exit_code)


def _foreseen(error: Exception) -> int:
    if not isinstance(error, PcvError):
        return _unexpected(error)
    console.print_error(error)
    return error.exit_code


def _unexpected(error: Exception) -> int:
    if traces.shown:
        with suppress(OSError, AttributeError):
            sys.stderr.write("".join(traceback.format_exception(error)))
    memory = out_of_memory(error)
    if memory is not None:
        console.print_error(memory)
        return 1
    said = one_line(f"{type(error).__name__}: {error}", MOST)
    file = _keep(error)
    where = f"with the file {file}" if file else "with the trace that pcv --debug shows"
    console.print_error(f"pcv failed unexpectedly ({said}); please report it {where}")
    return 1


def _keep(error: Exception) -> str | None:
    """Write the trace of an error to a file in the temporary folder; None: it cannot be written."""
    with suppress(OSError):
        handle, path = tempfile.mkstemp(prefix="pcv-", suffix=".txt")
        with open(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"pcv {__version__}, Python {sys.version}\n{sys.argv!r}\n\n")
            file.write("".join(traceback.format_exception(error)))
        return path
    return None


def _ready_streams() -> None:
    """Let no stream be missing, and none fail at a character that its encoding lacks.

    A stream that the caller closed becomes one to nowhere; else the next file that is opened would
    have the number of standard output, and receive what is printed.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - it stays
        elif mode == "w" and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _flushed(code: int, watched: Watched) -> int:
    """Write what is still held back; an output that is full or closed is a failure of its own."""
    with suppress(OSError, ValueError):
        watched.flush()
    if watched.refused is not None:
        reason = getattr(watched.refused, "strerror", None) or one_line(watched.refused)
        if not isinstance(watched.refused, BrokenPipeError):  # its reader, as head, has enough
            console.print_error(f"standard output cannot be written: {reason}")
        _forget(watched.stream)
        code = code or 1
    try:
        sys.stderr.flush()
    except (OSError, ValueError):
        _forget(sys.stderr)
    return code


def _forget(stream: Any) -> None:  # noqa: ANN401 - a stream, or what a test puts in its place
    """Send what a stream still holds nowhere, so that Python's own last flush does not fail."""
    with suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
