"""Files and folders that appear whole or not at all: written beside their path, then renamed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def whole_file(path: Path, *, shared: bool = False, synced: bool = False) -> Iterator[Path]:
    """Yield the path of a file to write, which is renamed to ``path`` at the end.

    After a failure or Ctrl-C, ``path`` is as it was, and nothing lies beside it. After a kill the
    unfinished file lies beside it, until the next writer of the same file overwrites that.

    Args:
        path: The path of the file, in a folder that exists.
        shared: Whether several processes may write the file at once. Each then writes under a name
            of its own, so that nobody overwrites what a kill leaves.
        synced: Whether the bytes must be on the disk before an older file is replaced.
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
    """Yield the path of an empty folder to fill, which is renamed to ``path`` at the end.

    After a failure or a kill the same holds as for ``whole_file``. A kill while an older folder is
    replaced can leave the older one at ``aside(path)``.

    Args:
        path: The path of the folder; the folders above it are made.
        over: Whether an older folder is replaced; else one that holds something raises ``OSError``.
        shared: Whether several processes may write the folder at once, as for ``whole_file``.
        synced: Whether the bytes of the files in it must be on the disk before an older folder is
            replaced.
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
    """Tell whether ``path`` does not exist or is an empty folder, so that nothing can be lost."""
    return not path.exists() or (path.is_dir() and not any(path.iterdir()))


def aside(path: Path) -> Path:
    """Return the path of an older folder while a new one replaces it."""
    return path.with_name(f".{path.name}.old")


def sync(path: Path) -> None:
    """Wait until the bytes of a file are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _beside(path: Path, shared: bool) -> Path:
    own = f".{os.getpid()}" if shared else ""
    return path.with_name(f".{path.name}{own}.part")


def _replace(partial: Path, path: Path) -> None:
    """Replace a folder by renaming twice: no system call replaces one that holds something."""
    old = partial.with_suffix(aside(path).suffix)  # ``aside(path)``, or this process's own name
    shutil.rmtree(old, ignore_errors=True)
    if path.exists():
        path.rename(old)
    partial.rename(path)
    shutil.rmtree(old, ignore_errors=True)
