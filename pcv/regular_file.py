"""Opening only what is a file with bytes in it: no pipe, device, socket or folder, and no giant.

A pipe without a writer would wait for ever, and a device such as ``/dev/zero`` has no end. What is
refused is an ``OSError`` whose ``strerror`` says what was found, so that whoever reads a file has
one kind of error to turn into a line.
"""

from __future__ import annotations

import errno
import io
import os
import stat
from pathlib import Path
from typing import BinaryIO

KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)
MOST_TEXT = 64 << 20  # bytes; a list, a table or a map of a dataset has kilobytes
# Opening a pipe must not wait for its writer, and opening a terminal must not adopt it.
FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
FLAGS |= getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


def open_regular(path: Path, most: int | None = None) -> BinaryIO:
    """Open a regular file to read its bytes; links are followed.

    Args:
        path: The file.
        most: The largest size in bytes; None: any.

    Raises:
        OSError: The file is missing, not readable, not a regular file, or larger; ``strerror``
            says which.
    """
    try:
        # Opening some devices does something, so that their kind is asked for first.
        _check(os.stat(path), path, most)
        handle = os.open(path, FLAGS)
    except ValueError:
        raise OSError(errno.EINVAL, "its name holds a zero byte", str(path)) from None
    try:
        _check(os.fstat(handle), path, most)  # another file may have taken the name
        return os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise


def read_regular(path: Path, most: int) -> bytes:
    """Return the bytes of a regular file of at most ``most`` bytes.

    Raises:
        OSError: As ``open_regular``; also where a file turns out to hold more than it states.
    """
    with open_regular(path, most) as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise _too_large(path, len(data), most)
    return data


def read_text(path: Path, encoding: str = "utf-8") -> str:
    """Return a regular file's text, of at most ``MOST_TEXT`` bytes, in which lines end with LF.

    Raises:
        OSError: As ``read_regular``.
        UnicodeDecodeError: It is not text in this encoding.
    """
    data = read_regular(path, MOST_TEXT)
    return io.TextIOWrapper(io.BytesIO(data), encoding=encoding).read()


def _check(found: os.stat_result, path: Path, most: int | None) -> None:
    if not stat.S_ISREG(found.st_mode):
        kind = next((name for test, name in KINDS if test(found.st_mode)), "something else")
        number = errno.EISDIR if stat.S_ISDIR(found.st_mode) else errno.EINVAL
        raise OSError(number, f"this is {kind}, expected a regular file", str(path))
    if most is not None and found.st_size > most:
        raise _too_large(path, found.st_size, most)


def _too_large(path: Path, size: int, most: int) -> OSError:
    said = f"{size} bytes are too many, expected {most} at most"
    return OSError(errno.EFBIG, said, str(path))
