"""NPY and NPZ files of plain arrays: nothing is ever unpickled."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Collection
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from pcv.errors import RawFileError, one_line
from pcv.regular_file import open_regular

MOST_BYTES = 1 << 30  # of a file's unpacked arrays; a frame takes a thousandth of that


def read_arrays(
    path: Path, wanted: Collection[str] | None = None
) -> dict[str, NDArray[np.generic]]:
    """Read the arrays of an ``.npz``, or that of an ``.npy`` under the name ``points``.

    Args:
        path: The file.
        wanted: Names of the arrays that are read; those of others are kept, with nothing in them.
            None: all are read.

    Returns:
        The arrays by name, each of any shape (...,) and type.

    Raises:
        RawFileError: The file is truncated, damaged, pickled, or too large to be one frame.
    """
    try:
        with open_regular(path) as file:
            _check_size(path, file)
            file.seek(0)
            loaded = np.load(file, allow_pickle=False)
            if isinstance(loaded, np.ndarray):
                return {"points": loaded}
            with loaded:
                return {
                    name: loaded[name] if wanted is None or name in wanted else np.empty(0)
                    for name in loaded.files
                }
    except OSError as error:
        reason = error.strerror or "damaged"
        raise RawFileError(path, f"cannot be read: {reason}", "copy it again") from None
    except (ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        reason = one_line(error, 120)
        if "pickle" in reason:
            raise RawFileError(
                path, "holds pickled objects, which are never loaded", "save plain arrays"
            ) from None
        raise RawFileError(
            path, f"cannot be read as NumPy arrays: {reason or 'it is cut short'}", "copy it again"
        ) from None


def _check_size(path: Path, file: BinaryIO) -> None:
    if path.suffix == ".npy":
        if np.lib.format.read_magic(file) == (1, 0):
            shape, _, dtype = np.lib.format.read_array_header_1_0(file)
        else:
            shape, _, dtype = np.lib.format.read_array_header_2_0(file)
        size = int(np.prod(shape, dtype=object)) * dtype.itemsize
    elif zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as archive:
            size = sum(item.file_size for item in archive.infolist())
    else:
        size = 0
    if size > MOST_BYTES:
        raise ValueError(f"its arrays take {size} bytes, more than {MOST_BYTES}")


def pick(
    path: Path, arrays: dict[str, NDArray[np.generic]], name: str, shape: tuple[int | None, ...]
) -> NDArray[Any]:
    """Return an array after checking its type and shape.

    Args:
        path: The file that errors name.
        arrays: The arrays of the file by name, each of any shape (...,).
        name: Which of them is wanted.
        shape: The extent that each axis must have; None: any.

    Returns:
        The array of numbers, of the given shape: (n, 3) for ``(None, 3)``.

    Raises:
        RawFileError: The array is missing, does not hold numbers, or has another shape.
    """
    if name not in arrays:
        found = ascii(", ".join(arrays))[1:-1] or "nothing"
        raise RawFileError(path, f"holds {found[:120]}, expected {name}", "check what wrote it")
    array = arrays[name]
    fits = array.ndim == len(shape) and all(
        wanted in (None, extent) for wanted, extent in zip(shape, array.shape, strict=False)
    )
    if array.dtype.kind not in "fiu" or not fits:
        wanted = ", ".join("n" if extent is None else str(extent) for extent in shape)
        raise RawFileError(
            path,
            f"{name} is {array.dtype} of shape {array.shape}, expected numbers ({wanted})",
            "check what wrote it",
        )
    return array
