"""Colour images as JPEG, by Pillow."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pcv.data.files.checked import MOST_PIXELS
from pcv.errors import RawFileError, one_line


def decode_jpeg(data: bytes, path: Path) -> NDArray[np.uint8]:  # (H, W, 3)
    """Decode a JPEG; grey becomes colour.

    Args:
        data: A whole JPEG file, or one that a larger file holds.
        path: The file that errors name.

    Raises:
        RawFileError: The data is not a JPEG, truncated, damaged, or too large for a camera.
    """
    try:
        with Image.open(io.BytesIO(data), formats=["JPEG"]) as image:
            if image.width * image.height > MOST_PIXELS:
                raise ValueError(f"{image.width} x {image.height} pixels are too many")
            return np.asarray(image.convert("RGB"))
    except Exception as error:  # Pillow raises many kinds on a damaged image
        reason = one_line(error, 120).split(" <")[0]
        raise RawFileError(path, f"cannot be read as JPEG: {reason}", "copy it again") from None
