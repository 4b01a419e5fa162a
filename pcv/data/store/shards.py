"""A fast reader of local, standard, sharded Zarr v3 arrays.

zarr-python spends most of a short read scheduling its inner chunks one by one; here the shard
index is kept, and chunks are read with ``pread``, checked and decoded directly.
"""

from __future__ import annotations

import json
import math
import os
import struct
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import google_crc32c
import numpy as np
from numpy.typing import NDArray

from pcv.errors import StoreError

MISSING = (1 << 64) - 1  # marks in a shard's index a chunk that equals the fill value
CHECKSUM = 4  # bytes of a CRC-32C, which follows what it was computed from
MOST_OPEN = 64  # shards of an array; a process may open about a thousand files
RESTORE = "restore it from a copy, or prepare the store again"
ENTRY = struct.Struct("<QQ")  # of a shard's index: offset and size of a chunk


class Contents(NamedTuple):
    """What a store says about one of its arrays."""

    files: Collection[str] | None  # those of all arrays, below the store; None: not known
    names: list[str]  # of the videos
    offset: NDArray[np.int64]  # (videos,) the first row of each in the array, ascending

    def owner(self, row: int) -> str:
        """Return the name of the video that has a row."""
        return self.names[max(0, int(np.searchsorted(self.offset, row, "right")) - 1)]


class ShardReader:
    """Reads rows of an array (rows, N, ...) whose chunks may cut both rows and N.

    Files are opened on first use and again in every process, so that it can be handed to workers.

    Args:
        path: The array's folder.
        contents: What its store says about it; None: a shard without a file is all fill value.

    Attributes:
        checked: Whether every chunk has a checksum, which is compared whenever it is read.

    Raises:
        StoreError: The array has a layout that this reader does not know, or it is damaged.
    """

    def __init__(self, path: Path, contents: Contents | None = None) -> None:
        self.path, self.contents = path, contents
        try:
            meta = json.loads((path / "zarr.json").read_text())
            self._describe(meta)
        except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
            raise StoreError(f"{path}: not a readable Zarr v3 array: {error}") from None
        self._files: dict[int, tuple[int, bytes]] = {}  # by shard: its file, and its index
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
        self.checked = names[-1] == "crc32c"
        self.decode = _decoder(names[1:-1] if self.checked else names[1:], self.path)

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_files": {}}

    def close(self) -> None:
        """Close every file."""
        for shard in list(self._files):
            self._close(shard)

    def _close(self, shard: int) -> None:
        handle, _ = self._files.pop(shard)
        if handle >= 0:
            os.close(handle)

    def read(
        self, rows: NDArray[np.int64], count: int, step: float | None = None
    ) -> NDArray[Any]:  # (len(rows), count, ...)
        """Read the first ``count`` of N at the given rows, in the given order.

        Args:
            rows: (n,) indices along the first axis.
            count: How many to read along the second axis.
            step: If given, values are returned as float32 and multiplied by it.

        Raises:
            StoreError: A shard is damaged or missing, or holds values that are not finite.
        """
        kind = self.dtype if step is None else np.dtype(np.float32)
        out = np.empty((len(rows), count, *self.shape[2:]), kind)
        for block, where, inside in _by_block(rows, self.chunk[0]):
            for column in range(-(-count // self.chunk[1])):
                start = column * self.chunk[1]
                stop = min(start + self.chunk[1], count)
                found = self._chunk(block, column, rows[where])
                values = self.fill if found is None else found[inside, : stop - start]
                if step is None:
                    out[where, start:stop] = values
                elif isinstance(where, slice):
                    into = out[where, start:stop]
                    np.multiply(values, np.float32(step), out=into, dtype=kind, casting="unsafe")
                else:
                    out[where, start:stop] = np.multiply(values, np.float32(step), dtype=kind)
        if kind.kind == "f" and step is None:
            self._check_finite(out, rows)
        return out

    def _check_finite(self, values: NDArray[Any], rows: NDArray[np.int64]) -> None:
        if np.isfinite(values).all():
            return
        odd = [not np.isfinite(row).all() for row in values]
        raise StoreError(
            f"{self.path}: values that are not finite{self._for(rows[odd])}; {RESTORE}"
        )

    def _for(self, rows: NDArray[np.int64]) -> str:
        """Say in an error which video has the rows that were asked for."""
        return f" (video {self.contents.owner(int(rows[0]))})" if self.contents else ""

    def _chunk(self, block: int, column: int, rows: NDArray[np.int64]) -> NDArray[Any] | None:
        shard, local = divmod(block, self.per_shard[0])
        try:
            handle, index = self._opened(shard)
            at = local * self.chunks_per_row + column * self.chunks_per_column
            offset, size = ENTRY.unpack_from(index, at * ENTRY.size)
            if handle < 0 or offset == MISSING:
                return None
            data = self._checked(os.pread(handle, size, offset), size)
            return np.frombuffer(self.decode(data), self.dtype).reshape(self.chunk)
        except (OSError, ValueError, RuntimeError) as error:
            said = error.strerror if isinstance(error, OSError) else error
            file = self.shard_file(shard)
            raise StoreError(f"{file}: damaged chunk: {said}{self._for(rows)}; {RESTORE}") from None
        except StoreError as error:
            raise StoreError(f"{error}{self._for(rows)}; {RESTORE}") from None

    def _checked(self, raw: bytes, size: int) -> bytes:
        """Return the bytes of a chunk without their checksum."""
        if len(raw) != size:
            raise ValueError(f"{len(raw)} bytes, its index says {size}")
        if not self.checked:
            return raw
        data, checksum = raw[:-CHECKSUM], raw[-CHECKSUM:]
        if google_crc32c.value(data) != int.from_bytes(checksum, "little"):
            raise ValueError("its checksum is wrong")
        return data

    def _opened(self, shard: int) -> tuple[int, bytes]:
        if self._process != os.getpid():
            self._files, self._process = {}, os.getpid()
        if shard not in self._files:
            if len(self._files) >= MOST_OPEN:
                self._close(next(iter(self._files)))
            self._files[shard] = self._read_index(shard)
        return self._files[shard]

    def shard_file(self, shard: int) -> Path:
        """Return the path of a shard."""
        key = self.separator.join(["c", str(shard), *["0"] * (len(self.shape) - 1)])
        return self.path / key

    def _read_index(self, shard: int) -> tuple[int, bytes]:
        """Open a shard; return its handle and its index. Without a file the handle is -1."""
        file, entries = self.shard_file(shard), math.prod(self.per_shard)
        size = entries * ENTRY.size + CHECKSUM
        try:
            handle = os.open(file, os.O_RDONLY)
        except FileNotFoundError:
            if self.contents is None or _unlisted(file, self.path, self.contents.files):
                return -1, ENTRY.pack(MISSING, MISSING) * entries  # all equals the fill value
            raise StoreError(f"{file}: missing, though the store lists it") from None
        except OSError as error:
            raise StoreError(f"{file}: cannot be opened: {error.strerror}") from None
        try:
            raw = os.pread(handle, size, max(0, os.fstat(handle).st_size - size))
            right = google_crc32c.value(raw[:-CHECKSUM]).to_bytes(CHECKSUM, "little")
            if len(raw) != size or raw[-CHECKSUM:] != right:
                raise StoreError(f"{file}: damaged: the checksum of its index is wrong")
        except BaseException:
            os.close(handle)
            raise
        return handle, raw[:-CHECKSUM]


def _unlisted(file: Path, array: Path, files: Collection[str] | None) -> bool:
    return files is None or file.relative_to(array.parent).as_posix() not in files


def read_plain(
    path: Path, start: int, stop: int, files: Collection[str] | None = None
) -> NDArray[np.int64]:  # (stop - start,)
    """Read rows of a one-dimensional array of integers, neither sharded nor compressed.

    Args:
        path: The array's folder.
        start: The first row.
        stop: The row after the last one.
        files: Those of all arrays, below the store, none of which may be missing; None: any may.

    Raises:
        StoreError: The array has another layout, or is damaged.
    """
    try:
        meta = json.loads((path / "zarr.json").read_text())
        size = int(meta["chunk_grid"]["configuration"]["chunk_shape"][0])
        kind = np.dtype(meta["data_type"]).newbyteorder("<")
        codecs = [codec["name"] for codec in meta["codecs"]]
        if codecs not in (["bytes"], ["bytes", "crc32c"]) or len(meta["shape"]) != 1:
            raise ValueError("pcv does not write this layout of Zarr")
        found = np.full(stop - start, meta["fill_value"], np.int64)
        for chunk in range(start // size, -(-stop // size)):
            file = path / "c" / str(chunk)
            if file.exists() or not _unlisted(file, path, files):
                raw = file.read_bytes()
                if "crc32c" in codecs:
                    raw, said = raw[:-CHECKSUM], raw[-CHECKSUM:]
                    if google_crc32c.value(raw).to_bytes(CHECKSUM, "little") != said:
                        raise ValueError(f"the checksum of chunk {chunk} is wrong")
                values = np.frombuffer(raw, kind, size)
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
