"""A fast writer of local, standard, sharded Zarr v3 arrays: the counterpart of ``shards``.

zarr-python schedules inner chunks one by one, which takes longer than compressing them.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import google_crc32c
import numpy as np
from numpy.typing import NDArray

from pcv.data.store.shards import CHECKSUM, ENTRY, MISSING, ShardReader
from pcv.errors import StoreError
from pcv.whole import whole_file


def write_shards(path: Path, start: int, values: NDArray[Any]) -> list[Path]:
    """Write whole shards of an array, each of which appears whole or not at all.

    Args:
        path: The array's folder, with its ``zarr.json``.
        start: The first row to write, at which a shard begins.
        values: (rows, N, ...) of the array's type; the rows fill whole shards.

    Returns:
        The files written; a shard that holds only the array's fill value has none.

    Raises:
        StoreError: The array is of a layout that pcv does not write, or the rows do not fit it.
    """
    layout = ShardReader(path)
    size = layout.shard[0]
    if start % size or len(values) % size or values.shape[1:] != layout.shape[1:]:
        raise StoreError(f"{path}: values {values.shape} from row {start} are not whole shards")
    encode = _encoder(path)
    files = []
    for first in range(0, len(values), size):
        shard = _assemble(values[first : first + size], layout, encode)
        file = layout.shard_file((start + first) // size)
        if shard is None:
            file.unlink(missing_ok=True)
            continue
        file.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(file) as partial:
            partial.write_bytes(shard)
        files.append(file)
    return files


def _assemble(
    values: NDArray[Any], layout: ShardReader, encode: Callable[[NDArray[Any]], bytes]
) -> bytes | None:
    """Return a shard's bytes: chunks, index and its checksum; None where all is the fill value."""
    data, index, at = [], [], 0
    for chunk in _chunks(values, layout):
        if (chunk == layout.fill).all() if layout.fill else not chunk.any():
            index.append((MISSING, MISSING))
            continue
        data.append(encode(chunk))
        index.append((at, len(data[-1])))
        at += len(data[-1])
    if not data:
        return None
    table = b"".join(ENTRY.pack(*entry) for entry in index)
    return b"".join([*data, summed(table)])


def summed(data: bytes) -> bytes:
    """Return bytes with their CRC-32C behind them, as the codec ``crc32c`` of Zarr v3 does."""
    return data + google_crc32c.value(data).to_bytes(CHECKSUM, "little")


def _chunks(values: NDArray[Any], layout: ShardReader) -> Iterator[NDArray[Any]]:
    """Yield the chunks of a shard in row-major order; those at an edge are filled up."""
    steps = [range(0, s, c) for s, c in zip(layout.shard, layout.chunk, strict=True)]
    for corner in itertools.product(*steps):
        part = values[tuple(slice(at, at + c) for at, c in zip(corner, layout.chunk, strict=True))]
        if part.shape == layout.chunk:
            yield np.ascontiguousarray(part, layout.dtype)
            continue
        whole = np.full(layout.chunk, layout.fill, layout.dtype)
        whole[tuple(slice(0, s) for s in part.shape)] = part
        yield whole


def _encoder(path: Path) -> Callable[[NDArray[Any]], bytes]:
    meta = json.loads((path / "zarr.json").read_text())
    codecs = meta["codecs"][0]["configuration"]["codecs"][1:]
    names = [codec["name"] for codec in codecs]
    if names in (["blosc"], ["blosc", "crc32c"]):
        from numcodecs.blosc import SHUFFLE, Blosc

        chosen = codecs[0]["configuration"]
        if chosen["shuffle"] == "shuffle":
            compress = Blosc(chosen["cname"], chosen["clevel"], SHUFFLE).encode
            # A store that an older pcv began is finished as it was begun.
            return (lambda chunk: summed(compress(chunk))) if len(names) > 1 else compress
    raise StoreError(f"{path}: pcv does not write this kind of compression")


def write_chunk(
    path: Path,
    number: int,
    values: NDArray[Any],  # (n,)
) -> Path:
    """Write one chunk of an array of one dimension that is neither sharded nor compressed."""
    codecs = json.loads((path / "zarr.json").read_text())["codecs"]
    data = values.astype(values.dtype.newbyteorder("<")).tobytes()
    file = path / "c" / str(number)
    file.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(file) as partial:
        partial.write_bytes(summed(data) if codecs[-1]["name"] == "crc32c" else data)
    return file
