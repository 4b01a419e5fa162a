"""The progress of long work, which a command shows."""

from __future__ import annotations

from collections.abc import Callable

# Long work calls it with the number of items that are done, the number of all items, and a few
# words about the current one.
Progress = Callable[[int, int, str], None]


def silent(done: int, total: int, text: str) -> None:
    """Show no progress."""


class Advance:
    """A callback that counts the items that are done, so that callers only report new ones.

    Args:
        progress: Called with the number done, the number of all, and the text; None: not called.
        total: The number of all items.
        text: What is said of an item if the call itself says nothing.
    """

    def __init__(self, progress: Progress | None, total: int, text: str = "") -> None:
        self.progress, self.total, self.text, self.done = progress, total, text, 0

    def __call__(self, count: int = 1, text: str = "") -> None:
        self.done += count
        if self.progress:
            self.progress(self.done, self.total, text or self.text)
