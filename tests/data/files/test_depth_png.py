import io
import struct
import zlib
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from pcv.data.files.depth_png import read_depth_png, write_depth_png
from pcv.errors import RawFileError

DEPTH = np.arange(35, dtype=np.uint16).reshape(5, 7) * 1000
SIZE = (7, 5)


def image(folder: Path) -> Path:
    write_depth_png(folder / "1.png", DEPTH)
    return folder / "1.png"


@given(hnp.arrays(np.uint16, st.tuples(st.integers(1, 9), st.integers(1, 9))))
@settings(max_examples=30)
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, depth: np.ndarray
) -> None:
    path = tmp_path_factory.mktemp("png") / "1.png"
    write_depth_png(path, depth)
    wanted = np.where(depth == 65535, 0, depth)  # a saturated value is none
    np.testing.assert_array_equal(read_depth_png(path, depth.shape[::-1]), wanted)
    assert [p.name for p in path.parent.iterdir()] == ["1.png"]


@pytest.mark.parametrize("filter_type", range(5))
def test_every_row_filter_is_read(tmp_path: Path, filter_type: int) -> None:
    """Rows filtered by hand, after section 9 of the PNG specification."""
    raw = DEPTH.astype(">u2").tobytes()
    rows = [bytes(14), *[raw[i : i + 14] for i in range(0, 70, 14)]]
    data = b""
    for above, row in pairwise(rows):
        data += bytes([filter_type])
        for x, value in enumerate(row):
            left, up = (row[x - 2] if x > 1 else 0), above[x]
            corner = above[x - 2] if x > 1 else 0
            near = min((left, up, corner), key=lambda v: abs(left + up - corner - v))
            data += bytes([(value - (0, left, up, (left + up) // 2, near)[filter_type]) % 256])

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", 7, 5, 16, 0, 0, 0, 0)
    whole = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")
    (tmp_path / "1.png").write_bytes(b"\x89PNG\r\n\x1a\n" + whole)
    np.testing.assert_array_equal(read_depth_png(tmp_path / "1.png", SIZE), DEPTH)


@given(st.data())
@settings(max_examples=100)
def test_no_damaged_bit_is_ever_read_as_another_depth(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = image(tmp_path_factory.mktemp("png"))
    content = bytearray(path.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(content)
    with pytest.raises(RawFileError) as caught:
        read_depth_png(path, SIZE)
    assert "1.png" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("keep", [0, 5, 8, 20, 33, 50, -1, -12])
def test_a_truncated_image_is_refused(tmp_path: Path, keep: int) -> None:
    path = image(tmp_path)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(RawFileError, match=r"truncated|not a PNG|empty"):
        read_depth_png(path, SIZE)


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (Image.new("L", SIZE), "7 x 5 pixels of 8-bit grey, expected 7 x 5 of 16-bit grey"),
        (Image.new("RGB", SIZE), "8-bit colour"),
        (Image.new("I;16", (5, 7)), "5 x 7 pixels"),
        (Image.new("1", SIZE), "1-bit"),
    ],
)
def test_another_size_or_bit_depth_is_refused(
    tmp_path: Path, other: Image.Image, said: str
) -> None:
    other.save(tmp_path / "1.png")
    with pytest.raises(RawFileError, match=said):
        read_depth_png(tmp_path / "1.png", SIZE)


def test_another_file_or_none_is_refused(tmp_path: Path) -> None:
    data = io.BytesIO()
    Image.new("L", SIZE).save(data, "JPEG")
    (tmp_path / "1.png").write_bytes(data.getvalue())
    with pytest.raises(RawFileError, match="not a PNG"):
        read_depth_png(tmp_path / "1.png", SIZE)
    with pytest.raises(RawFileError, match="cannot be read: No such file"):
        read_depth_png(tmp_path / "2.png", SIZE)


def test_whole_chunks_of_nonsense_are_refused(tmp_path: Path) -> None:
    path = image(tmp_path)
    data = path.read_bytes()
    start = data.index(b"IDAT")
    (length,) = struct.unpack(">I", data[start - 4 : start])
    body = b"IDAT" + bytes(length)
    changed = body + struct.pack(">I", zlib.crc32(body))
    path.write_bytes(data[:start] + changed + data[start + len(changed) :])
    with pytest.raises(RawFileError, match="cannot be read as PNG"):
        read_depth_png(path, SIZE)


def test_a_saturated_value_is_no_depth(tmp_path: Path) -> None:
    depth = np.array([[0, 1, 65534, 65535]], np.uint16)
    write_depth_png(tmp_path / "1.png", depth)
    assert read_depth_png(tmp_path / "1.png", (4, 1)).tolist() == [[0, 1, 65534, 0]]
