"""A text file of classes, one ``id name`` per line, and label images that hold its ids."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pcv.data.files.checked import read_bytes
from pcv.errors import InputError

MOST = 65535  # the largest id of a label image


def read_class_list(path: Path) -> dict[int, str]:
    """Return the names by id; blank lines and lines that begin with # are passed over.

    Raises:
        InputError: A line is something else, an id or a name comes twice, or no class is named.
    """
    found: dict[int, str] = {}
    for number, line in enumerate(read_bytes(path).decode("utf-8", "replace").splitlines(), 1):
        if line.strip()[:1] in ("", "#"):
            continue
        word, _, name = line.strip().partition(" ")
        if not (
            word.isascii()
            and word.isdigit()
            and len(word) <= 9
            and int(word) <= MOST
            and name.strip()
        ):
            raise InputError(f"{path}: line {number} is not an id and a name, such as 5 chair")
        if int(word) in found or name.strip() in found.values():
            raise InputError(f"{path}: line {number} names a class again; keep one")
        found[int(word)] = name.strip()
    if not found:
        raise InputError(f"{path}: names no class; expected lines such as 5 chair")
    return found


def classes_of(
    ids: NDArray[np.int64],  # (...,) 0 to MOST
    names: dict[int, str],
) -> NDArray[np.int16]:  # (...,)
    """Return the class of each id: its position among those listed, -1 for any other."""
    table = np.full(MOST + 1, -1, np.int16)
    for position, number in enumerate(names):
        table[number] = position
    return table[ids]
