"""Turning Ctrl-C and SIGTERM into a question that the training loop can ask."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def catch_interrupts() -> Iterator[Callable[[], bool]]:
    """Collect SIGINT and SIGTERM while the context lasts, and restore the handlers after it.

    The first signal is only noted, so that the running step can end and be saved; a second one
    raises ``KeyboardInterrupt`` at once. Outside the main thread no handler can be installed, and
    the answer is always no.

    Yields:
        A function that says whether a signal has come.
    """
    caught: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        if caught:
            raise KeyboardInterrupt
        caught.append(number)

    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    before = {number: signal.signal(number, note) for number in _SIGNALS}
    try:
        yield lambda: bool(caught)
    finally:
        for number, handler in before.items():
            # None: something other than Python installed the handler; Python cannot restore it.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
