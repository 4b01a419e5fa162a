"""How far a command is, as it is shown."""

from __future__ import annotations

from collections.abc import Callable

# Called by long work: how many are done, how many there are, and a word on the current one.
Progress = Callable[[int, int, str], None]


def silent(done: int, total: int, text: str) -> None:
    """Report progress to nobody."""


class Advance:
    """Turns how many more are done into how many of all.

    Args:
        progress: Called with those done, all, and the text; None: nobody asks.
        total: How many there are.
        text: Says what is done to them, where a call says nothing else.
    """

    def __init__(self, progress: Progress | None, total: int, text: str = "") -> None:
        self.progress, self.total, self.text, self.done = progress, total, text, 0

    def __call__(self, count: int = 1, text: str = "") -> None:
        self.done += count
        if self.progress:
            self.progress(self.done, self.total, text or self.text)
