"""Files and folders that appear whole or not at all: made beside their place, then moved there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def whole_file(path: Path, *, shared: bool = False, synced: bool = False) -> Iterator[Path]:
    """Give the path of a file to write, which takes the place of ``path`` at the end.

    A failure, Ctrl-C included, leaves what was at ``path`` and nothing beside it; a kill leaves
    the part that was written, which the next to write the file overwrites.

    Args:
        path: Of the file, in a folder that is there.
        shared: Several processes may write it at once: each gets a name of its own, so what a
            kill leaves is overwritten by nobody.
        synced: The bytes are on the disk before an older file is gone.
    """
    partial = _beside(path, shared)
    try:
        yield partial
        if synced:
            sync(partial)
        partial.replace(path)
    except BaseException:
        with suppress(OSError):
            partial.unlink()
        raise


@contextmanager
def whole_folder(
    path: Path, *, over: bool = False, shared: bool = False, synced: bool = False
) -> Iterator[Path]:
    """Make an empty folder to fill, which takes the place of ``path`` at the end.

    Failures and kills leave what they leave of ``whole_file``. A kill while an older folder gives
    way leaves that one at ``aside(path)``.

    Args:
        path: Of the folder; those above it are made.
        over: An older folder gives way; else one that holds something raises ``OSError``.
        shared: Several processes may write it at once, as for ``whole_file``.
        synced: The bytes of its files are on the disk before an older folder is gone.
    """
    partial = _beside(path, shared)
    shutil.rmtree(partial, ignore_errors=True)
    try:
        partial.mkdir(parents=True)
        yield partial
        if synced:
            for file in partial.iterdir():
                sync(file)
        if over:
            _replace(partial, path)
        else:
            partial.rename(path)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def vacant(path: Path) -> bool:
    """Tell whether nothing is at ``path``, or an empty folder: what may be written without loss."""
    return not path.exists() or (path.is_dir() and not any(path.iterdir()))


def aside(path: Path) -> Path:
    """Return where an older folder stands while a new one takes its place."""
    return path.with_name(f".{path.name}.old")


def sync(path: Path) -> None:
    """Put a file on the disk before anything is renamed over an older one."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _beside(path: Path, shared: bool) -> Path:
    own = f".{os.getpid()}" if shared else ""
    return path.with_name(f".{path.name}{own}.part")


def _replace(partial: Path, path: Path) -> None:
    """Rename twice: no system call replaces a folder that holds something."""
    old = partial.with_suffix(aside(path).suffix)  # ``aside(path)``, or one of this process's own
    shutil.rmtree(old, ignore_errors=True)
    if path.exists():
        path.rename(old)
    partial.rename(path)
    shutil.rmtree(old, ignore_errors=True)
