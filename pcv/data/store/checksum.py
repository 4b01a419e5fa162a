"""Checksums of files: those that a store was made from, and those that it consists of."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from pcv.clip import VideoSource

CHECKSUM = "checksum"  # key of a store's attributes; older stores have none
UNSUMMED = ("shards", CHECKSUM)  # what that checksum is not computed from, with videos' names


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


def add_checksums(store: Path, attributes: dict[str, Any]) -> dict[str, Any]:
    """Return the attributes of a store with checksums of themselves and of its arrays' metadata."""
    shards = _descriptions(store) | attributes["shards"]
    return attributes | {"shards": shards, CHECKSUM: _facts_checksum(attributes)}


def check_descriptions(store: Path, attributes: dict[str, Any]) -> None:
    """Compare the checksums that ``add_checksums`` added; an older store has none.

    Raises:
        TypeError: The attributes have no table of checksums.
        ValueError: The attributes or an array's metadata changed since they were written.
    """
    if not isinstance(attributes["shards"], dict):
        raise TypeError("shards is not a table")
    if CHECKSUM in attributes and attributes[CHECKSUM] != _facts_checksum(attributes):
        raise ValueError("their checksum is wrong")
    for name, checksum in _descriptions(store).items():
        if attributes["shards"].get(name, checksum) != checksum:
            raise ValueError(f"the checksum of {name} is wrong")


def fingerprint(attributes: dict[str, Any]) -> str:
    """Return the SHA-256 of what a store holds: of its attributes, with its files' checksums."""
    return hashlib.sha256(json.dumps(attributes, sort_keys=True).encode()).hexdigest()


def _facts_checksum(attributes: dict[str, Any]) -> str:
    """Return the SHA-256 of what is computed with: of all but names and checksums of files."""
    facts = json.loads(json.dumps({k: v for k, v in attributes.items() if k not in UNSUMMED}))
    facts["videos"].pop("name", None)
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _descriptions(store: Path) -> dict[str, str]:
    """Return the checksum of every file that describes an array of a store, by its path in it."""
    files = sorted(store.glob("*/zarr.json"))
    return {file.relative_to(store).as_posix(): file_checksum(file) for file in files}


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
