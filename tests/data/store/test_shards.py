import os
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest
import zarr
from hypothesis import given
from hypothesis import strategies as st

from pcv.data.store import shards
from pcv.data.store.shards import Contents, ShardReader, read_plain
from pcv.errors import StoreError

ROWS, POINTS = 50, 24


def write(path: Path, dtype: str, compressor: object, chunks=(8, 8, 3)) -> np.ndarray:
    array = zarr.create_array(
        path, shape=(ROWS, POINTS, 3), dtype=dtype, chunks=chunks, shards=(16, POINTS, 3),
        compressors=compressor, fill_value=0,
    )  # fmt: skip
    values = np.random.default_rng(0).integers(-99, 99, array.shape).astype(dtype)
    values[16:32] = 0  # a shard that is never written
    values[40:48, :8] = 0  # a chunk that is never written
    array[:] = values
    return values


@pytest.mark.parametrize("dtype", ["int16", "float32"])
@pytest.mark.parametrize(
    "compressor",
    [None, zarr.codecs.BloscCodec(cname="lz4", shuffle="shuffle"), zarr.codecs.ZstdCodec()],
    ids=["raw", "blosc", "zstd"],
)
def test_equal_to_zarr_python(tmp_path: Path, dtype: str, compressor: object) -> None:
    values = write(tmp_path / "a", dtype, compressor)
    reader = ShardReader(tmp_path / "a")
    slow = zarr.open_array(tmp_path / "a", mode="r")
    for rows in (np.arange(ROWS), np.array([49, 3, 3, 17, 41]), np.arange(10, 34, 2)):
        for count in (1, 8, 9, 24):
            np.testing.assert_array_equal(reader.read(rows, count), slow[:][rows, :count])
            np.testing.assert_array_equal(reader.read(rows, count), values[rows, :count])


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[ShardReader, np.ndarray]:
    path = tmp_path_factory.mktemp("shards") / "a"
    values = write(path, "int16", None)
    return ShardReader(path), values


@given(st.lists(st.integers(0, ROWS - 1), min_size=1, max_size=9), st.integers(1, POINTS))
def test_any_rows_and_any_prefix(written: tuple[ShardReader, np.ndarray], rows, count) -> None:
    reader, values = written
    np.testing.assert_array_equal(reader.read(np.array(rows), count), values[rows, :count])


@given(st.integers(0, ROWS - 1), st.integers(1, 20), st.integers(1, 12), st.integers(1, POINTS))
def test_rows_at_an_even_step_in_metres(written, first, step, length, count) -> None:
    reader, values = written
    rows = np.minimum(first + step * np.arange(length), ROWS - 1)  # the last repeats where too few
    found = reader.read(rows, count, 0.1)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, values[rows, :count].astype(np.float32) * np.float32(0.1))


def test_a_copy_in_another_process_opens_its_own_files(written) -> None:
    reader, values = written
    reader.read(np.arange(3), 2)
    copy = pickle.loads(pickle.dumps(reader))
    assert copy._files == {}
    np.testing.assert_array_equal(copy.read(np.arange(3), 2), values[:3, :2])
    reader.close()
    np.testing.assert_array_equal(reader.read(np.arange(3), 2), values[:3, :2])


def test_damage_is_one_line_that_names_the_shard(tmp_path: Path) -> None:
    write(tmp_path / "a", "int16", zarr.codecs.BloscCodec())
    shard = tmp_path / "a/c/0/0/0"
    whole = shard.read_bytes()
    shard.write_bytes(whole[:-3])
    with pytest.raises(StoreError, match="c/0/0/0: damaged"):
        ShardReader(tmp_path / "a").read(np.arange(2), 2)
    shard.write_bytes(b"\xff" * 64 + whole[64:])
    with pytest.raises(StoreError, match="c/0/0/0: damaged chunk"):
        ShardReader(tmp_path / "a").read(np.arange(2), 2)


def test_a_layout_that_is_not_ours_is_refused(tmp_path: Path) -> None:
    zarr.create_array(tmp_path / "plain", shape=(4, 4, 3), dtype="int16")
    with pytest.raises(StoreError):
        ShardReader(tmp_path / "plain")
    write(tmp_path / "gzip", "int16", zarr.codecs.GzipCodec())
    with pytest.raises(StoreError, match="gzip"):
        ShardReader(tmp_path / "gzip")
    with pytest.raises(StoreError, match="not a readable"):
        ShardReader(tmp_path / "none")


def test_counts_are_read_without_zarr(store, tmp_path) -> None:
    from pcv.data.store.shards import read_plain

    wanted = zarr.open_array(store.path / "count", mode="r")[:]
    for start, stop in ((0, len(wanted)), (3, 17), (5, 5)):
        assert read_plain(store.path / "count", start, stop).tolist() == wanted[start:stop].tolist()
    many = zarr.create_array(tmp_path / "many", shape=(30,), dtype="int32", chunks=(8,),
                             compressors=None, fill_value=0)  # fmt: skip
    many[3:21] = np.arange(3, 21)  # the last chunk is never written
    assert read_plain(tmp_path / "many", 2, 30).tolist() == many[2:30].tolist()
    next((tmp_path / "many/c").glob("1")).write_bytes(b"cut")
    with pytest.raises(StoreError, match="damaged"):
        read_plain(tmp_path / "many", 0, 20)
    with pytest.raises(StoreError, match="damaged"):
        read_plain(store.path / "points", 0, 2)
    with pytest.raises(StoreError, match="damaged"):
        read_plain(tmp_path / "none", 0, 2)


@pytest.mark.parametrize("dtype", ["int16", "float32"])
def test_every_flipped_bit_of_a_shard_is_an_error(tmp_path: Path, dtype: str) -> None:
    """Each byte of a shard belongs to a chunk or to the index, and both have a checksum."""
    codecs = [zarr.codecs.BloscCodec(cname="lz4", shuffle="shuffle"), zarr.codecs.Crc32cCodec()]
    array = zarr.create_array(
        tmp_path, shape=(4, 8, 3), dtype=dtype, chunks=(2, 4, 3), shards=(4, 8, 3),
        compressors=codecs,
    )  # fmt: skip
    array[:] = np.random.default_rng(0).integers(-3, 3, array.shape)
    reader, shard = ShardReader(tmp_path), tmp_path / "c/0/0/0"
    assert reader.checked
    whole = shard.read_bytes()
    with shard.open("r+b", buffering=0) as file:
        for bit in range(len(whole) * 8):
            at, byte = bit // 8, whole[bit // 8]
            os.pwrite(file.fileno(), bytes([byte ^ 1 << bit % 8]), at)
            with pytest.raises(StoreError, match="checksum"):
                reader.read(np.arange(4), 8)
            reader.close()
            os.pwrite(file.fileno(), bytes([byte]), at)
    assert reader.read(np.arange(4), 8).any()


def test_a_chunk_without_a_checksum_is_read_as_before(tmp_path: Path) -> None:
    values = write(tmp_path / "a", "int16", zarr.codecs.BloscCodec())
    reader = ShardReader(tmp_path / "a")
    assert not reader.checked
    np.testing.assert_array_equal(reader.read(np.arange(ROWS), POINTS), values)


def test_a_shard_that_the_store_lists_must_be_there(tmp_path: Path) -> None:
    values = write(tmp_path / "a", "int16", None)
    files = [f.relative_to(tmp_path).as_posix() for f in (tmp_path / "a/c").rglob("0")]
    contents = Contents(files, ["first", "second", "third"], np.array([0, 20, 40]))
    rows = np.arange(ROWS)
    np.testing.assert_array_equal(ShardReader(tmp_path / "a", contents).read(rows, 4)[:, 0],
                                  values[:, 0])  # fmt: skip
    (tmp_path / "a/c/3/0/0").rename(tmp_path / "a/gone")
    with pytest.raises(StoreError, match=r"c/3/0/0: missing.*\(video third\); restore"):
        ShardReader(tmp_path / "a", contents).read(rows, 4)
    (tmp_path / "a/c/3/0/0").mkdir()
    with pytest.raises(StoreError, match=r"c/3/0/0: damaged chunk: Is a directory \(video third"):
        ShardReader(tmp_path / "a", contents).read(rows, 4)


def test_the_video_that_was_asked_for_is_named_not_the_first_of_its_chunk(tmp_path: Path) -> None:
    write(tmp_path / "a", "int16", zarr.codecs.Crc32cCodec())
    contents = Contents(None, ["first", "second"], np.array([0, 3]))
    shard = tmp_path / "a/c/0/0/0"
    shard.write_bytes(b"\xff" + shard.read_bytes()[1:])
    for row, name in ((2, "first"), (3, "second"), (5, "second")):
        with pytest.raises(StoreError, match=rf"checksum is wrong \(video {name}\)"):
            ShardReader(tmp_path / "a", contents).read(np.array([row]), 2)


def test_values_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    array = zarr.create_array(
        tmp_path / "a", shape=(8, 8, 3), dtype="float32", chunks=(4, 8, 3), shards=(8, 8, 3)
    )
    for bad in (np.nan, np.inf, -np.inf):
        array[:] = 1
        array[5, 6, 1] = bad
        reader = ShardReader(tmp_path / "a", Contents(None, ["a", "b"], np.array([0, 5])))
        assert (reader.read(np.arange(5), 8) == 1).all()
        assert (reader.read(np.arange(8), 6) == 1).all()
        with pytest.raises(StoreError, match=r"not finite \(video b\)"):
            reader.read(np.arange(8), 7)


def test_only_so_many_shards_are_open_at_once(tmp_path: Path, monkeypatch) -> None:
    values = write(tmp_path / "a", "int16", zarr.codecs.Crc32cCodec())
    monkeypatch.setattr(shards, "MOST_OPEN", 2)
    reader = ShardReader(tmp_path / "a")
    for row in (0, 17, 33, 49, 2, 34, 0):
        np.testing.assert_array_equal(reader.read(np.array([row]), 5)[0], values[row, :5])
        assert len(reader._files) <= 2


def test_a_damaged_or_missing_count_is_refused(store, tmp_path: Path) -> None:
    copy = tmp_path / "count"
    shutil.copytree(store.path / "count", copy)
    file, files = copy / "c/0", store.attributes["shards"]
    right = read_plain(copy, 0, 20, files)
    whole = file.read_bytes()
    for bit in range(0, len(whole) * 8, 61):
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        file.write_bytes(damaged)
        with pytest.raises(StoreError, match="the checksum of chunk 0 is wrong"):
            read_plain(copy, 0, 20, files)
    file.unlink()
    with pytest.raises(StoreError, match="No such file"):
        read_plain(copy, 0, 20, files)
    assert len(right) == 20
