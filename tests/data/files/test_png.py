import os
import zlib
from pathlib import Path

import numpy as np
import pytest

from pcv.data.files.png import _chunk, read_png, write_png
from pcv.errors import RawFileError


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("shape", [(3, 5), (3, 5, 2), (3, 5, 3), (3, 5, 4)])
def test_every_bit_survives(tmp_path: Path, dtype: type, shape: tuple[int, ...]) -> None:
    image = np.random.default_rng(0).integers(0, np.iinfo(dtype).max + 1, shape).astype(dtype)
    write_png(tmp_path / "a.png", image)
    found = read_png(tmp_path / "a.png")
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, image)


def test_equal_to_pillow_whatever_filters_it_chose(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    smooth = np.add.outer(np.arange(40) * 300, np.arange(50) * 70).astype(np.uint16)
    colour = np.random.default_rng(1).integers(0, 256, (40, 50, 3)).astype(np.uint8)
    for values in (smooth, colour, np.cumsum(colour, 1, dtype=np.uint8)):
        image.fromarray(values).save(tmp_path / "a.png", optimize=True)
        np.testing.assert_array_equal(read_png(tmp_path / "a.png"), values)


def test_damage_of_any_byte_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    write_png(path, np.arange(12, dtype=np.uint16).reshape(3, 4))
    whole = path.read_bytes()
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        with pytest.raises(RawFileError, match=r"a\.png: cannot be read as PNG") as caught:
            read_png(path)
        assert "\n" not in str(caught.value)
        path.write_bytes(whole[:at])
        with pytest.raises(RawFileError, match="cannot be read as PNG"):
            read_png(path)


def change(whole: bytes, at: int, value: int) -> bytes:
    """Change a byte of the header and mend its checksum."""
    body = bytearray(whole[16:29])
    body[at] = value
    return whole[:8] + _chunk(b"IHDR", bytes(body)) + whole[33:]


@pytest.mark.parametrize(
    ("at", "value", "said"),
    [(8, 4, "4 bits"), (9, 3, "colour type 3"), (12, 1, "interlaced"), (0, 255, "pixels"),
     (7, 9, "bytes of pixels, its header says"), (3, 0, "0 x 3 pixels")],
)  # fmt: skip
def test_a_header_that_cannot_be_true_or_read_is_refused(
    tmp_path: Path, at: int, value: int, said: str
) -> None:
    path = tmp_path / "a.png"
    write_png(path, np.zeros((3, 4), np.uint16))
    path.write_bytes(change(path.read_bytes(), at, value))
    with pytest.raises(RawFileError, match=said):
        read_png(path)


def test_an_unknown_filter_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    write_png(path, np.zeros((1, 2), np.uint8))
    start = path.read_bytes()[:33]
    body = _chunk(b"IDAT", zlib.compress(b"\x07\0\0"))
    path.write_bytes(start + body + _chunk(b"IEND", b""))
    with pytest.raises(RawFileError, match="unknown filter 7"):
        read_png(path)


@pytest.mark.real
def test_real_depth() -> None:
    root = os.environ.get("PCV_DATA")
    if not root:
        pytest.skip("PCV_DATA does not name a folder of real recordings")
    depth = read_png(Path(root) / "7scenes/redkitchen/frame-000000.depth.png")
    assert (depth.shape, depth.dtype) == ((480, 640), np.uint16)
    assert 1000 < np.median(depth[depth > 0]) < 4000
