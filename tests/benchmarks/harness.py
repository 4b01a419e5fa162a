"""What every benchmark shares: comparisons, interleaved timing and whether results agree."""

from __future__ import annotations

import contextlib
import importlib
import importlib.metadata
import os
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

Call = Callable[[int], Any]  # is told how many threads (or processes) it may use
FEWEST, MOST = 7, 41  # rounds of one comparison


@dataclass(frozen=True)
class Peer:
    """What we are compared with; without a call it is skipped, and ``why`` says the reason."""

    name: str
    call: Call | None = None
    why: str = ""
    agrees: Callable[[Any, Any], str] | None = None  # (ours, theirs) -> a few words
    units: int = 1  # results a call makes, where that is not one
    mib: Callable[[], float] | None = None  # what a call adds to the memory of a process


@dataclass(frozen=True)
class Comparison:
    """One of our operations at one size, and its peers."""

    what: str
    size: str
    ours: Call | None
    peers: list[Peer]
    aim: float  # ratio to reach against the fastest peer
    exact: Callable[[Any], str] | None = None  # our result against the definition
    note: Callable[[], str] | None = None  # e.g. memory; taken after the timing
    why: str = ""  # reason where there is no ``ours``
    threads: tuple[int, ...] | None = None  # where only some numbers make sense
    units: int = 1
    rounds: int = MOST
    mib: Callable[[], float] | None = None


@dataclass
class Row:
    """One line of the table: ours beside one peer; milliseconds a unit."""

    what: str
    size: str
    threads: int
    peer: str
    aim: float
    ours_ms: float | None = None
    peer_ms: float | None = None
    ratio: float | None = None
    spread: tuple[float, float] | None = None  # quartiles of the ratio over the rounds
    rounds: int = 0
    agreement: str = ""
    note: str = ""
    skipped: str = ""
    ours_mib: float | None = None
    peer_mib: float | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Setting:
    """Where the benchmarks run."""

    data: Path | None  # real recordings
    store: Path | None  # a prepared store of UTD-MHAD
    scratch: Path  # may be filled
    seconds: float = 4.0  # of one comparison, about
    threads: tuple[int, ...] = field(default=(1,))


def installed(module: str, distribution: str | None = None) -> tuple[Any, str]:
    """Import a peer: (module, "name version"), or (None, why not)."""
    name = distribution or module.partition(".")[0]
    try:
        found = importlib.import_module(module)
        return found, f"{name} {importlib.metadata.version(name)}"
    except importlib.metadata.PackageNotFoundError:
        return found, f"{name} {getattr(found, '__version__', '?')}"
    except (ImportError, OSError) as error:
        return None, f"not installed: {' '.join(str(error).split())[:80]}"


def measure(comparison: Comparison, setting: Setting) -> Iterator[Row]:
    """Time a comparison at every number of threads; one row a peer."""
    numbers = [n for n in setting.threads if n in (comparison.threads or (n,))]
    if comparison.ours is None:
        for peer in comparison.peers:
            yield _skipped(comparison, peer, 0, comparison.why)
        return
    present = [peer for peer in comparison.peers if peer.call]
    words = _agreement(comparison, present)
    for threads in numbers:
        with limited(threads):
            calls = [comparison.ours, *(peer.call for peer in present if peer.call)]
            units = [comparison.units, *(peer.units for peer in present)]
            times = interleave(calls, units, threads, setting.seconds, comparison.rounds)
        note = comparison.note() if comparison.note else ""
        for place, peer in enumerate(present):
            row = _row(comparison, peer, threads, times[0], times[place + 1], words[place], note)
            row.ours_mib = comparison.mib() if comparison.mib else None
            row.peer_mib = peer.mib() if peer.mib else None
            yield row
    for peer in comparison.peers:
        if not peer.call:
            yield _skipped(comparison, peer, 0, peer.why)


def _agreement(comparison: Comparison, present: list[Peer]) -> list[str]:
    """Call everybody once, which also compiles and starts pools of threads, and compare."""
    assert comparison.ours is not None
    most = os.cpu_count() or 1
    ours = comparison.ours(most)
    own = comparison.exact(ours) if comparison.exact else ""
    words = []
    for peer in present:
        assert peer.call is not None
        found = peer.call(most)
        both = peer.agrees(ours, found) if peer.agrees else ""
        words.append("; ".join(text for text in (own, both) if text))
    return words


def interleave(
    calls: list[Call], units: list[int], threads: int, seconds: float, rounds: int
) -> list[list[float]]:
    """Milliseconds a unit of every call in every round; the order alternates.

    What else the machine does hits all of a round, so ratios are taken within rounds.
    """
    times: list[list[float]] = [[] for _ in calls]
    began = time.perf_counter()
    for number in range(rounds):
        order = range(len(calls)) if number % 2 == 0 else reversed(range(len(calls)))
        for place in order:
            start = time.perf_counter()
            calls[place](threads)
            if torch.cuda.is_available():
                torch.cuda.synchronize()
            times[place].append((time.perf_counter() - start) * 1000 / units[place])
        if number + 1 >= min(FEWEST, rounds) and time.perf_counter() - began > seconds:
            break
    return times


@contextlib.contextmanager
def limited(threads: int) -> Iterator[None]:
    """Limit torch and, where it is fewer than all cores, this process to some of them.

    Not every peer can be told a number of threads, and all obey the affinity.
    """
    before = torch.get_num_threads()
    cores = os.sched_getaffinity(0)
    torch.set_num_threads(threads)
    _confine(set(sorted(cores)[:threads]))
    try:
        yield
    finally:
        _confine(cores)
        torch.set_num_threads(before)


def _confine(cores: set[int]) -> None:
    for task in os.listdir("/proc/self/task"):
        with contextlib.suppress(OSError):  # a thread may end meanwhile
            os.sched_setaffinity(int(task), cores)


def _row(
    comparison: Comparison,
    peer: Peer,
    threads: int,
    ours: list[float],
    theirs: list[float],
    agreement: str,
    note: str,
) -> Row:
    ratios = [b / a for a, b in zip(ours, theirs, strict=True)]
    low, _, high = statistics.quantiles(ratios, n=4) if len(ratios) > 1 else ratios * 3
    return Row(
        comparison.what,
        comparison.size,
        threads,
        peer.name,
        comparison.aim,
        statistics.median(ours),
        statistics.median(theirs),
        statistics.median(ratios),
        (low, high),
        len(ratios),
        agreement,
        note,
    )


def _skipped(comparison: Comparison, peer: Peer, threads: int, why: str) -> Row:
    return Row(
        comparison.what, comparison.size, threads, peer.name, comparison.aim, skipped=why or "?"
    )
