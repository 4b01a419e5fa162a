import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pcv.data.files.jpeg import decode_jpeg
from pcv.errors import RawFileError

PATH = Path("frame.jpg")


def jpeg(size: tuple[int, int] = (24, 16), kind: str = "RGB") -> bytes:
    out = io.BytesIO()
    rows, columns = np.indices(size[::-1])
    Image.fromarray(np.stack([rows * 9, columns * 9, rows * 0 + 80], -1).astype(np.uint8)).convert(
        kind
    ).save(out, "JPEG", quality=95)
    return out.getvalue()


def test_colour_comes_back_nearly_as_it_was() -> None:
    image = decode_jpeg(jpeg(), PATH)
    rows, columns = np.indices((16, 24))
    assert np.abs(image[..., 0].astype(int) - rows * 9).mean() < 6
    assert np.abs(image[..., 1].astype(int) - columns * 9).mean() < 6
    assert decode_jpeg(jpeg(kind="L"), PATH).shape == (16, 24, 3)


@pytest.mark.parametrize("cut", [0, 1, 10, 200, -40, -2])
def test_a_truncated_file_is_one_line(cut: int) -> None:
    with pytest.raises(RawFileError, match=r"frame\.jpg: cannot be read as JPEG: .*copy it again"):
        decode_jpeg(jpeg((64, 64))[:cut], PATH)


def test_other_kinds_and_giants_are_refused() -> None:
    out = io.BytesIO()
    Image.new("RGB", (4, 4)).save(out, "PNG")
    with pytest.raises(RawFileError):
        decode_jpeg(out.getvalue(), PATH)
    data = bytearray(jpeg())
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = b"\xff\xff\xff\xff"  # rows and columns of the header
    with pytest.raises(RawFileError, match="pixels"):
        decode_jpeg(bytes(data), PATH)
