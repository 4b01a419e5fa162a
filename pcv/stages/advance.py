"""Numbers of clips done, as the progress that a command shows."""

from __future__ import annotations

from pcv.clip import Progress


class Advance:
    """Turns how many more are done into how many of all.

    Args:
        progress: Called with those done, all, and the text; None: nobody asks.
        total: How many there are.
        text: Says what is done to them.
    """

    def __init__(self, progress: Progress | None, total: int, text: str) -> None:
        self.progress, self.total, self.text, self.done = progress, total, text, 0

    def __call__(self, count: int) -> None:
        self.done += count
        if self.progress:
            self.progress(self.done, self.total, self.text)
