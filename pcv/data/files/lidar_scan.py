"""LiDAR scans as plain floats: x y z reflectance (KITTI), or those and the ring (nuScenes)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pcv.data.files.checked import read_bytes
from pcv.errors import RawFileError

WIDTHS = (4, 5)  # floats of a point
RINGS = 256  # no scanner has more


def read_scan(path: Path, labels: int | None = None) -> NDArray[np.float32]:  # (n, 4) or (n, 5)
    """Read a scan; the file does not say how many floats a point has, but its values do.

    Args:
        path: The file.
        labels: How many labels there are for the points; None: none are known.

    Raises:
        RawFileError: The file is empty, truncated, holds something else, or fits both widths.
    """
    data = read_bytes(path)
    fitting = [width for width in WIDTHS if data and len(data) % (4 * width) == 0]
    if not fitting:
        raise RawFileError(
            path,
            f"has {len(data)} bytes, expected a positive multiple of 16 (or 20, with rings)",
            "copy it again",
        )
    tables = [np.frombuffer(data, "<f4").reshape(-1, width) for width in fitting]
    labelled = [table for table in tables if len(table) == labels]
    if labelled:
        return labelled[0]
    likely = [table for table in tables if not (table[:, 3] < 0).any()]
    if len(likely) > 1:
        likely = _likeliest(likely)
    if len(likely) == 1:
        return likely[0]
    widths = " and ".join(map(str, fitting))
    if likely:
        raise RawFileError(
            path,
            f"its {len(data) // 4} floats may be points of {widths} floats each",
            "convert it to .npy",
        )
    raise RawFileError(
        path,
        f"its points of {widths} floats have negative reflectance, "
        "expected x y z reflectance, then perhaps the ring",
        "convert it to .npy",
    )


def _likeliest(tables: list[NDArray[np.float32]]) -> list[NDArray[np.float32]]:
    """Keep the tables whose reflectance is a share, else those whose last column is the ring."""
    shares = [table for table in tables if (table[:, 3] <= 1).all()]
    if shares:
        return shares
    ringed = [table for table in tables if table.shape[1] == 5 and _is_ring(table[:, 4])]
    return ringed or tables


def _is_ring(
    values: NDArray[np.float32],  # (n,)
) -> bool:
    return bool(((values == np.floor(values)) & (values >= 0) & (values < RINGS)).all())
