"""Checksums of files: those that a store was made from, and those that it consists of."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from pcv.clip import VideoSource


def file_checksum(path: Path) -> str:
    """Return the SHA-256 of a file, or of the names and bytes of a folder's files, by name."""
    if path.is_dir():
        digest = hashlib.sha256()
        for each in sorted(path.iterdir()):
            if each.is_file():
                digest.update(each.name.encode() + b"\0" + bytes.fromhex(file_checksum(each)))
        return digest.hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def source_checksum(source: VideoSource) -> str:
    """Return the SHA-256 of what a recording is read from."""
    return files_checksum(source.files) if source.files else file_checksum(source.path)


def files_checksum(files: tuple[Path, ...]) -> str:
    """Return the SHA-256 of the names and SHA-256s of several files, in the given order."""
    digest = hashlib.sha256()
    for file in files:
        state = file.stat()
        known = _known_checksum(file, state.st_size, state.st_mtime_ns)
        digest.update(f"{file.name} {known}\n".encode())
    return digest.hexdigest()


@lru_cache(maxsize=1024)
def _known_checksum(path: Path, size: int, changed: int) -> str:
    """Remember the checksum of an unchanged file: many scenes may lie in one of gigabytes."""
    return file_checksum(path)
