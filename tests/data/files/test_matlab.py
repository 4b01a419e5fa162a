import struct
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
import scipy.io

from pcv.data.files.matlab import FILE_HEADER, check_array, read_array
from pcv.data.raw.utd import UtdMhad
from pcv.errors import RawFileError

NAME = "a1_s1_t1_depth.mat"
VALUES_TAG = 192  # where the tag of the values stands in what recording() writes


def recording(folder: Path, compressed: bool = False) -> Path:
    depth = np.zeros((4, 6, 3), np.uint16)
    depth[1, 2] = 3000
    scipy.io.savemat(folder / NAME, {"d_depth": depth}, do_compression=compressed)
    return folder / NAME


@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2", "u4", "i4", "f4", "f8"])
@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("shape", [(1, 1, 2), (3, 5, 7)])
def test_what_scipy_writes_passes(
    tmp_path: Path, dtype: str, compressed: bool, shape: tuple[int, ...]
) -> None:
    path = tmp_path / NAME
    depth = np.random.default_rng(0).integers(0, 99, shape).astype(dtype)
    arrays = {"first": np.ones(9), "d_depth": depth, "last": "text"}
    scipy.io.savemat(path, arrays, do_compression=compressed)
    assert check_array(path, "d_depth") == shape
    wanted = scipy.io.loadmat(path)["d_depth"]
    found = read_array(path, "d_depth")
    assert found.dtype == wanted.dtype
    np.testing.assert_array_equal(found, wanted)
    assert check_array(path, "first") == (1, 9)
    with pytest.raises(ValueError, match="not an array of numbers"):
        check_array(path, "last")


def test_the_other_byte_order_passes(tmp_path: Path) -> None:
    values = struct.pack(">4H", 1, 2, 3, 4)
    matrix = (
        struct.pack(">IIII", 6, 8, 11, 0)
        + struct.pack(">II3iI", 5, 12, 1, 2, 2, 0)
        + struct.pack(">II8s", 1, 7, b"d_depth")
        + struct.pack(">II", 4, len(values))
        + values
    )
    head = b"MATLAB 5.0 MAT-file".ljust(124) + b"\x01\x00MI"
    (tmp_path / NAME).write_bytes(head + struct.pack(">II", 14, len(matrix)) + matrix)
    check_array(tmp_path / NAME, "d_depth")
    found = read_array(tmp_path / NAME, "d_depth")
    assert found.dtype.isnative
    np.testing.assert_array_equal(found, [[[1, 3], [2, 4]]])


@pytest.mark.parametrize(
    ("tag", "said"),
    [
        ((0x00FF, 144), "unknown type 255"),  # scipy alone dies of this one
        ((0x7F04, 144), "unknown type 32516"),
        ((4, 2**31), "2147483648 bytes of values for 72 numbers"),
        ((4, 142), "142 bytes of values for 72 numbers"),
        ((0x00090004, 0), "a small element of 9 bytes"),
    ],
)
def test_a_damaged_tag_is_refused_before_scipy_follows_it(
    tmp_path: Path, tag: tuple[int, int], said: str
) -> None:
    path = recording(tmp_path)
    data = bytearray(path.read_bytes())
    assert struct.unpack_from("<II", data, VALUES_TAG) == (4, 144)
    struct.pack_into("<II", data, VALUES_TAG, *tag)
    path.write_bytes(data)
    (source,) = UtdMhad().list_videos(tmp_path)
    with pytest.raises(RawFileError, match=said):
        UtdMhad().read_video(source)


def test_a_compressed_variable_that_claims_more_than_deflate_can_hold_is_refused(
    tmp_path: Path,
) -> None:
    path = recording(tmp_path, compressed=True)
    data = path.read_bytes()
    inner = bytearray(zlib.decompress(data[FILE_HEADER + 8 :]))
    struct.pack_into("<II", inner, 0, 14, 2**31)
    packed = zlib.compress(bytes(inner))
    path.write_bytes(data[:FILE_HEADER] + struct.pack("<II", 15, len(packed)) + packed)
    with pytest.raises(ValueError, match="claims an impossible size"):
        check_array(path, "d_depth")


@pytest.mark.parametrize("change", [-1, 8, 100])
def test_a_compressed_variable_of_another_length_is_refused(tmp_path: Path, change: int) -> None:
    path = recording(tmp_path, compressed=True)
    data = path.read_bytes()
    inner = zlib.decompress(data[FILE_HEADER + 8 :])
    inner = inner[:change] if change < 0 else inner + b"\0" * change
    packed = zlib.compress(inner)
    path.write_bytes(data[:FILE_HEADER] + struct.pack("<II", 15, len(packed)) + packed)
    with pytest.raises(ValueError, match="longer or shorter than it says"):
        read_array(path, "d_depth")


def test_a_name_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="there is no d_skel"):
        check_array(recording(tmp_path), "d_skel")


@pytest.mark.parametrize("compressed", [False, True])
def test_no_damaged_byte_gets_past_as_anything_but_one_line(
    tmp_path: Path, compressed: bool
) -> None:
    path = recording(tmp_path, compressed)
    good = path.read_bytes()
    (source,) = UtdMhad().list_videos(tmp_path)
    rng = np.random.default_rng(0)
    for place in range(116, min(len(good), VALUES_TAG + 8)):
        for value in (0, 127, 255, int(rng.integers(256))):
            path.write_bytes(good[:place] + bytes([value]) + good[place + 1 :])
            try:
                UtdMhad().read_video(source)
            except RawFileError as error:
                assert "\n" not in str(error)  # noqa: PT017


def inflating(path: Path, shape: tuple[int, int, int], claimed: int, zeros: int) -> None:
    """Write a compressed d_depth that claims so many bytes of values and has so many."""
    values = int(np.prod(shape)) * 2
    matrix = (
        struct.pack("<IIII", 6, 8, 11, 0)
        + struct.pack("<II3iI", 5, 12, *shape, 0)
        + struct.pack("<II8s", 1, 7, b"d_depth")
        + struct.pack("<II", 4, values)
    )
    packer = zlib.compressobj(9)
    packed = packer.compress(struct.pack("<II", 14, len(matrix) + claimed) + matrix)
    block = bytes(1 << 20)
    for start in range(0, zeros, len(block)):
        packed += packer.compress(block[: zeros - start])
    packed += packer.flush()
    head = b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM"
    path.write_bytes(head + struct.pack("<II", 15, len(packed)) + packed)


MEGABYTE = 1 << 20


@pytest.mark.parametrize(
    ("shape", "claimed", "zeros", "said"),
    [
        ((4, 6, 3), 144, 144, "no pixel has a depth"),
        ((4, 6, 3), 144, 64 * MEGABYTE, "longer or shorter than it says"),
        ((4, 6, 3), 64 * MEGABYTE, 64 * MEGABYTE, "of which 144 are values"),
        ((1024, 1024, 600), 1200 * MEGABYTE, 64 * MEGABYTE, "impossible|more than 1073741824"),
        ((1024, 1024, 32), 64 * MEGABYTE, 64 * MEGABYTE - 99, "longer or shorter than it says"),
    ],
)
def test_no_more_is_inflated_than_the_header_says(
    tmp_path: Path, shape: tuple[int, int, int], claimed: int, zeros: int, said: str
) -> None:
    """A file of 3 MB took 3 GB."""
    inflating(tmp_path / NAME, shape, claimed, zeros)
    tracemalloc.start()
    with pytest.raises(RawFileError, match=said):
        UtdMhad().read_video(UtdMhad().list_videos(tmp_path)[0])
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    if shape[2] == 3:
        assert most < 8 * MEGABYTE
