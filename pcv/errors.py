"""Errors that a user can cause: the command line prints each as one line, without a stack trace."""

from pathlib import Path


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

    def __reduce__(self) -> tuple[type["RawFileError"], tuple[Path, str, str]]:
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
