"""Whether the Numba kernels may use threads in this process."""

from __future__ import annotations

import os

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
