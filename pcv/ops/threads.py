"""Whether the Numba kernels may use threads in this process, and kernels that run accordingly."""

from __future__ import annotations

import os
from collections.abc import Callable

import torch
from numba import config, set_num_threads

_PROCESS = os.getpid()
_MOST: int = config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]


def threaded(tasks: int) -> bool:
    """Set Numba to torch's number of threads; return False where one thread is required or enough.

    So ``torch.set_num_threads`` applies to the operators too. A data loader's worker has one
    thread, and a forked process must never enter Numba's pool: OpenMP would end the process.
    """
    threads = min(torch.get_num_threads(), _MOST)
    if threads == 1 or tasks < 2 or os.getpid() != _PROCESS:
        return False
    set_num_threads(threads)
    return True


def run_tasks(
    one: Callable[..., None], every: Callable[..., None], tasks: int, *arguments: object
) -> None:
    """Run a kernel for each of so many tasks.

    Args:
        one: Runs the task of a number.
        every: Runs all of them on Numba's threads.
        tasks: How many there are.
        arguments: Of both, after the number of ``one``.
    """
    if threaded(tasks):
        every(*arguments)
        return
    for task in range(tasks):
        one(task, *arguments)
