import pickle
from pathlib import Path

import numpy as np
import pytest
import zarr
from hypothesis import given
from hypothesis import strategies as st

from pcv.data.store.shards import ShardReader
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
