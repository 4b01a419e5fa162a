"""Running calls one by one, in processes, or on a Dask cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import forkserver, get_all_start_methods, get_context
from multiprocessing.context import BaseContext
from typing import Any, NamedTuple

from pcv.errors import InputError

Call = tuple[Callable[..., int], tuple[Any, ...]]


class Workers(NamedTuple):
    """Where calls run."""

    jobs: int = 1  # processes
    scheduler: str | None = None  # address of a Dask scheduler, instead of processes


def get_ready(workers: Workers, modules: list[str]) -> None:
    """Import what processes will need, once, while the caller still plans their work."""
    if workers.jobs > 1 and not workers.scheduler and _context().get_start_method() == "forkserver":
        forkserver.set_forkserver_preload(modules)
        forkserver.ensure_running()


def _context() -> BaseContext:
    """Return a context whose processes inherit no threads; a server imports for them if it can."""
    name = "forkserver" if "forkserver" in get_all_start_methods() else "spawn"
    return get_context(name)


def execute(calls: list[Call], workers: Workers) -> Iterator[int]:
    """Run every call, and yield what each one returns as soon as it ends.

    Raises:
        InputError: A Dask scheduler is asked for and Dask is not installed.
    """
    if workers.scheduler:
        yield from _execute_on_dask(calls, workers.scheduler)
    elif workers.jobs <= 1 or len(calls) <= 1:
        for function, arguments in calls:
            yield function(*arguments)
    else:
        count = min(workers.jobs, len(calls))
        with ProcessPoolExecutor(count, mp_context=_context()) as processes:
            futures = [processes.submit(function, *arguments) for function, arguments in calls]
            try:
                for future in as_completed(futures):
                    yield future.result()
            except BaseException:
                processes.shutdown(wait=False, cancel_futures=True)
                raise


def _execute_on_dask(calls: list[Call], address: str) -> Iterator[int]:
    try:
        from distributed import Client
        from distributed import as_completed as as_they_come
    except ImportError:
        raise InputError("--scheduler needs Dask: pip install 'pcv[dask]'") from None
    with Client(address) as client:
        futures = [client.submit(f, *arguments, pure=False) for f, arguments in calls]
        for future in as_they_come(futures):
            yield future.result()
