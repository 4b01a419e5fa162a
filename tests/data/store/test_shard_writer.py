from pathlib import Path

import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st

from pcv.data.store.shard_writer import write_chunk, write_shards
from pcv.data.store.shards import ShardReader, read_plain
from pcv.errors import StoreError

LZ4 = zarr.codecs.BloscCodec(cname="lz4", clevel=5, shuffle="shuffle")


def create(path: Path, dtype: str = "int16", points: int = 20, **keys: object) -> None:
    layout = {"chunks": (4, 8, 3), "shards": (16, -(-points // 8) * 8, 3), "compressors": LZ4}
    zarr.create_array(path, shape=(32, points, 3), dtype=dtype, fill_value=0, **(layout | keys))


@given(st.integers(1, 24), st.sampled_from(["int16", "float32", "uint8"]), st.integers(0, 99))
@settings(max_examples=20)
def test_zarr_python_reads_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, points: int, dtype: str, seed: int
) -> None:
    path = tmp_path_factory.mktemp("array")
    create(path, dtype, points)
    values = np.random.default_rng(seed).integers(0, 99, (32, points, 3)).astype(dtype)
    values[seed % 32 :, : points // 2] = 0
    files = write_shards(path, 0, values)
    assert files == sorted(file for file in path.rglob("c/*/0/0"))
    np.testing.assert_array_equal(zarr.open_array(path, mode="r")[:], values)
    np.testing.assert_array_equal(ShardReader(path).read(np.arange(32), points), values)


def test_one_shard_is_written_without_touching_another(tmp_path: Path) -> None:
    create(tmp_path)
    ones = np.ones((16, 20, 3), np.int16)
    assert write_shards(tmp_path, 16, ones) == [tmp_path / "c/1/0/0"]
    found = zarr.open_array(tmp_path, mode="r")[:]
    assert not found[:16].any()
    np.testing.assert_array_equal(found[16:], ones)


def test_a_shard_of_zeros_has_no_file(tmp_path: Path) -> None:
    create(tmp_path)
    write_shards(tmp_path, 0, np.ones((32, 20, 3), np.int16))
    assert write_shards(tmp_path, 0, np.zeros((16, 20, 3), np.int16)) == []
    assert not (tmp_path / "c/0/0/0").exists()
    assert (tmp_path / "c/1/0/0").exists()


def test_zeros_are_written_where_another_value_fills(tmp_path: Path) -> None:
    zarr.create_array(
        tmp_path, shape=(8, 20), dtype="int16", fill_value=-1, chunks=(4, 8), shards=(4, 24),
        compressors=LZ4,
    )  # fmt: skip
    values = np.full((8, 20), -1, np.int16)
    values[:4, :8] = 0
    assert write_shards(tmp_path, 0, values) == [tmp_path / "c/0/0"]
    np.testing.assert_array_equal(zarr.open_array(tmp_path, mode="r")[:], values)
    np.testing.assert_array_equal(ShardReader(tmp_path).read(np.arange(8), 20), values)


@pytest.mark.parametrize(
    ("start", "shape"), [(1, (16, 20, 3)), (0, (15, 20, 3)), (0, (16, 19, 3)), (0, (16, 20))]
)
def test_rows_that_do_not_fit_are_refused(tmp_path: Path, start: int, shape: tuple) -> None:
    create(tmp_path)
    with pytest.raises(StoreError, match="not whole shards"):
        write_shards(tmp_path, start, np.ones(shape, np.int16))


@pytest.mark.parametrize(
    "codec", [zarr.codecs.ZstdCodec(), zarr.codecs.BloscCodec(shuffle="bitshuffle")]
)
def test_another_compression_is_refused(tmp_path: Path, codec: object) -> None:
    create(tmp_path, compressors=codec)
    with pytest.raises(StoreError, match="this kind of compression"):
        write_shards(tmp_path, 0, np.ones((16, 20, 3), np.int16))


def test_a_plain_chunk_is_read_by_zarr_python(tmp_path: Path) -> None:
    zarr.create_array(tmp_path, shape=(8,), dtype="int32", chunks=(4,), compressors=None)
    write_chunk(tmp_path, 1, np.arange(4, dtype=np.int32))
    assert zarr.open_array(tmp_path, mode="r")[:].tolist() == [0, 0, 0, 0, 0, 1, 2, 3]


def test_what_is_written_with_checksums_is_read_by_zarr_python_which_checks_them(tmp_path) -> None:
    create(tmp_path / "a", compressors=[LZ4, zarr.codecs.Crc32cCodec()])
    values = np.random.default_rng(0).integers(0, 99, (32, 20, 3)).astype(np.int16)
    files = write_shards(tmp_path / "a", 0, values)
    np.testing.assert_array_equal(zarr.open_array(tmp_path / "a", mode="r")[:], values)
    np.testing.assert_array_equal(ShardReader(tmp_path / "a").read(np.arange(32), 20), values)
    files[0].write_bytes(b"\xff" + files[0].read_bytes()[1:])
    with pytest.raises(ValueError, match="checksum"):
        zarr.open_array(tmp_path / "a", mode="r")[:]


def test_a_plain_chunk_with_a_checksum_is_read_by_zarr_python(tmp_path: Path) -> None:
    zarr.create_array(
        tmp_path, shape=(8,), dtype="int32", chunks=(4,), compressors=zarr.codecs.Crc32cCodec()
    )
    write_chunk(tmp_path, 1, np.arange(4, dtype=np.int32))
    assert zarr.open_array(tmp_path, mode="r")[:].tolist() == [0, 0, 0, 0, 0, 1, 2, 3]
    assert read_plain(tmp_path, 2, 8).tolist() == [0, 0, 0, 1, 2, 3]
