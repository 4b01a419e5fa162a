"""Errors that a user can cause: the command line prints each as one line, without a stack trace."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FROM_WORKER = re.compile(
    r"Caught (?P<kind>\w+) in .+?\nOriginal Traceback .*\n[\w.]*\b(?P=kind): (?P<said>.*)",
    re.DOTALL,
)


class PcvError(Exception):
    """A failure that is not a bug; its text is one line that says what to do.

    Attributes:
        exit_code: The exit status of the command line: 2 for bad input, 1 for other failures.
    """

    exit_code = 1


class InputError(PcvError):
    """The input is unusable: a raw file, an option, a recipe or a folder."""

    exit_code = 2


class RawFileError(InputError):
    """One raw recording cannot be read.

    Args:
        path: The file.
        problem: What was found, and what was expected instead.
        advice: What to do about it.
    """

    def __init__(self, path: Path, problem: str, advice: str) -> None:
        super().__init__(f"{path}: {problem}; {advice}")
        self.path, self.problem, self.advice = path, problem, advice

    def __reduce__(self) -> tuple[type[RawFileError], tuple[Path, str, str]]:
        return type(self), (self.path, self.problem, self.advice)


class StoreError(InputError):
    """A folder is not a clip store, or not the one that was expected."""


class RecipeError(InputError):
    """A recipe has an unknown key, a wrong type or a bad choice."""


class CheckpointError(InputError):
    """A checkpoint is missing, damaged or of another model."""


class KernelError(PcvError):
    """A native kernel cannot be built or loaded on this machine."""


class DivergedError(PcvError):
    """A loss became infinite or NaN."""


class InterruptedRunError(PcvError):
    """The user stopped a run; its progress is saved, and it can be resumed."""

    exit_code = 130


class PluginError(PcvError):
    """A package that is installed beside pcv is broken, or registers a name that is taken."""


def as_raised(error: Exception) -> Exception:
    """Return an error that torch brought from a worker process as it was raised there.

    Torch puts the whole trace into its text, and turns some kinds into a ``RuntimeError``.

    Args:
        error: Any error; one that did not come from a worker process is returned as it is.
    """
    found = FROM_WORKER.fullmatch(str(error).strip())
    if found is None:
        return error
    kind = globals().get(found["kind"])
    if not (isinstance(kind, type) and issubclass(kind, PcvError)):
        return error
    return (InputError if kind is RawFileError else kind)(found["said"])


def one_line(said: object, most: int | None = None) -> str:
    """Return what something says, often another package's error, in one line for a terminal.

    Args:
        said: Taken as ``str`` takes it.
        most: Characters that are kept; None: all.
    """
    return escaped(" ".join(str(said).split())[:most])


def escaped(said: object) -> str:
    r"""Return a text in which everything that a terminal would obey or not show is escaped.

    Line breaks, control characters and characters that change the direction of writing become
    escapes such as ``\n``; a byte of a file's name that is not UTF-8 becomes ``\xff``.
    """
    text = str(said)
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else _escape(sign) for sign in text)


def _escape(sign: str) -> str:
    number = ord(sign)
    if 0xDC80 <= number <= 0xDCFF:  # how Python holds a byte that is not UTF-8
        return f"\\x{number - 0xDC00:02x}"
    return sign.encode("unicode_escape").decode("ascii")


@contextmanager
def disk_errors(out: Path) -> Iterator[None]:
    """Say in one line what the disk refuses while a folder is written.

    Args:
        out: The folder, which the user named.

    Raises:
        PcvError: The disk is full.
        InputError: Any other ``OSError``.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise PcvError(f"{out}: the disk is full; free some room and run it again") from None
        raise InputError(f"{error.filename or out}: {error.strerror or error}") from None
