"""A fast reader of local, standard, sharded Zarr v3 arrays.

zarr-python spends most of a short read scheduling its inner chunks one by one; here the shard
index is kept, and chunks are read with ``pread`` and decoded directly.
"""

from __future__ import annotations

import json
import math
import os
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import google_crc32c
import numpy as np
from numpy.typing import NDArray

from pcv.errors import StoreError

MISSING = (1 << 64) - 1  # marks in a shard's index a chunk that equals the fill value


class ShardReader:
    """Reads rows of an array (rows, N, ...) whose chunks may cut both rows and N.

    Files are opened on first use and again in every process, so that it can be handed to workers.

    Raises:
        StoreError: The array has a layout that this reader does not know, or it is damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            meta = json.loads((path / "zarr.json").read_text())
            self._describe(meta)
        except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
            raise StoreError(f"{path}: not a readable Zarr v3 array: {error}") from None
        self._files: dict[int, int] = {}
        self._index: dict[int, list[tuple[int, int]]] = {}
        self._process = os.getpid()

    def _describe(self, meta: dict[str, Any]) -> None:
        sharding = meta["codecs"][0]["configuration"]
        names = [codec["name"] for codec in sharding["codecs"]]
        known = (
            meta["zarr_format"] == 3
            and len(meta["codecs"]) == 1
            and meta["codecs"][0]["name"] == "sharding_indexed"
            and sharding.get("index_location", "end") == "end"
            and [codec["name"] for codec in sharding["index_codecs"]] == ["bytes", "crc32c"]
            and meta["chunk_key_encoding"]["name"] == "default"
            and names[0] == "bytes"
        )
        if not known:
            raise StoreError(f"{self.path}: pcv does not write this layout of Zarr")
        self.separator = meta["chunk_key_encoding"].get("configuration", {}).get("separator", "/")
        self.shape = tuple(meta["shape"])
        self.dtype = np.dtype(meta["data_type"]).newbyteorder("<")
        self.fill = meta["fill_value"]
        self.shard = tuple(meta["chunk_grid"]["configuration"]["chunk_shape"])
        self.chunk = tuple(sharding["chunk_shape"])
        whole = [-(-n // c) * c for n, c in zip(self.shape, self.chunk, strict=True)]
        if list(self.shard[1:]) != whole[1:]:  # chunks at an edge are filled up
            raise StoreError(f"{self.path}: shards must hold whole frames")
        self.per_shard = tuple(s // c for s, c in zip(self.shard, self.chunk, strict=True))
        self.chunks_per_column = math.prod(self.per_shard[2:])
        self.chunks_per_row = math.prod(self.per_shard[1:])
        self.decode = _decoder(names[1:], self.path)

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_files": {}, "_index": {}}

    def close(self) -> None:
        """Close every file."""
        for handle in self._files.values():
            if handle >= 0:
                os.close(handle)
        self._files, self._index = {}, {}

    def read(
        self, rows: NDArray[np.int64], count: int, step: float | None = None
    ) -> NDArray[Any]:  # (len(rows), count, ...)
        """Read the first ``count`` of N at the given rows, in the given order.

        Args:
            rows: (n,) indices along the first axis.
            count: How many to read along the second axis.
            step: If given, values are returned as float32 and multiplied by it.

        Raises:
            StoreError: A shard is damaged.
        """
        kind = self.dtype if step is None else np.dtype(np.float32)
        out = np.empty((len(rows), count, *self.shape[2:]), kind)
        for block, where, inside in _by_block(rows, self.chunk[0]):
            for column in range(-(-count // self.chunk[1])):
                start = column * self.chunk[1]
                stop = min(start + self.chunk[1], count)
                found = self._chunk(block, column)
                values = self.fill if found is None else found[inside, : stop - start]
                if step is None:
                    out[where, start:stop] = values
                elif isinstance(where, slice):
                    into = out[where, start:stop]
                    np.multiply(values, np.float32(step), out=into, dtype=kind, casting="unsafe")
                else:
                    out[where, start:stop] = np.multiply(values, np.float32(step), dtype=kind)
        return out

    def _chunk(self, block: int, column: int) -> NDArray[Any] | None:
        shard, local = divmod(block, self.per_shard[0])
        handle, index = self._open(shard)
        offset, size = index[local * self.chunks_per_row + column * self.chunks_per_column]
        if handle < 0 or offset == MISSING:
            return None
        raw = os.pread(handle, size, offset)
        if len(raw) != size:
            raise StoreError(f"{self.shard_file(shard)}: truncated; run pcv info --verify")
        try:
            data = self.decode(raw)
            return np.frombuffer(data, self.dtype).reshape(self.chunk)
        except (ValueError, RuntimeError) as error:
            raise StoreError(f"{self.shard_file(shard)}: damaged chunk: {error}") from None

    def _open(self, shard: int) -> tuple[int, list[tuple[int, int]]]:
        if self._process != os.getpid():
            self._files, self._index, self._process = {}, {}, os.getpid()
        if shard not in self._index:
            self._files[shard], self._index[shard] = self._read_index(shard)
        return self._files[shard], self._index[shard]

    def shard_file(self, shard: int) -> Path:
        """Return the path of a shard."""
        key = self.separator.join(["c", str(shard), *["0"] * (len(self.shape) - 1)])
        return self.path / key

    def _read_index(self, shard: int) -> tuple[int, list[tuple[int, int]]]:
        entries = int(np.prod(self.per_shard))
        size = entries * 16 + 4
        try:
            handle = os.open(self.shard_file(shard), os.O_RDONLY)
        except FileNotFoundError:  # every chunk equals the fill value
            return -1, [(MISSING, MISSING)] * entries
        raw = os.pread(handle, size, max(0, os.fstat(handle).st_size - size))
        if len(raw) != size or google_crc32c.value(raw[:-4]) != int.from_bytes(raw[-4:], "little"):
            os.close(handle)
            raise StoreError(f"{self.shard_file(shard)}: damaged; prepare the store again")
        return handle, list(struct.iter_unpack("<QQ", raw[:-4]))


def read_plain(path: Path, start: int, stop: int) -> NDArray[np.int64]:  # (stop - start,)
    """Read rows of a one-dimensional array of integers, neither sharded nor compressed.

    Raises:
        StoreError: The array has another layout, or is damaged.
    """
    try:
        meta = json.loads((path / "zarr.json").read_text())
        size = int(meta["chunk_grid"]["configuration"]["chunk_shape"][0])
        kind = np.dtype(meta["data_type"]).newbyteorder("<")
        if [codec["name"] for codec in meta["codecs"]] != ["bytes"] or len(meta["shape"]) != 1:
            raise ValueError("pcv does not write this layout of Zarr")
        found = np.full(stop - start, meta["fill_value"], np.int64)
        for chunk in range(start // size, -(-stop // size)):
            file = path / "c" / str(chunk)
            if file.exists():
                values = np.frombuffer(file.read_bytes(), kind, size)
                first, last = max(start, chunk * size), min(stop, (chunk + 1) * size)
                found[first - start : last - start] = values[first % size :][: last - first]
    except (OSError, ValueError, KeyError, TypeError, IndexError, ZeroDivisionError) as error:
        raise StoreError(f"{path}: damaged: {error}; prepare the store again") from None
    return found


def _by_block(
    rows: NDArray[np.int64], size: int
) -> Iterator[tuple[int, slice | NDArray[np.int64], slice | NDArray[np.int64]]]:
    """Yield blocks of rows: which of ``rows`` each holds, and where in it; even steps as slices."""
    step = int(rows[1] - rows[0]) if len(rows) > 1 else 1
    if step < 1 or (np.diff(rows) != step).any():
        owner = rows // size
        for block in np.unique(owner):
            where = np.flatnonzero(owner == block)
            yield int(block), where, rows[where] - block * size
        return
    done, total = 0, len(rows)
    while done < total:
        row = int(rows[0]) + done * step
        block, inside = divmod(row, size)
        count = min(-(-(size - inside) // step), total - done)
        yield block, slice(done, done + count), slice(inside, inside + count * step, step)
        done += count


def _decoder(names: list[str], path: Path) -> Callable[[bytes], bytes]:
    if not names:
        return bytes
    if names == ["blosc"]:
        from numcodecs.blosc import Blosc

        return Blosc().decode
    if names == ["zstd"]:
        from numcodecs.zstd import Zstd

        return Zstd().decode
    raise StoreError(f"{path}: compressed by {', '.join(names)}, which pcv does not read")
