"""Files that list the few points of each scene that keep their label."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pcv.data.kd_tree import nearest_points
from pcv.errors import InputError
from pcv.regular_file import read_regular

MOST_BYTES = 64 << 20
FARTHEST = 1e6  # metres: no scene reaches so far
FAR = 0.1  # metres beyond the spacing: a position this far from every point is another scene's
PICKLES = (b"PK\x03\x04", b"\x80")  # what torch.save writes
FORM = (
    "expected JSON, one list per scene name: numbers of stored points, or positions [x, y, z] in "
    "metres"
)


def read_labelled_points(path: Path) -> dict[str, NDArray[np.float64]]:
    """Read ``{"scene0000_00": [...]}``: numbers of stored points (n,) or positions (n, 3), metres.

    ``labelled_points.json`` of a run is such a file. The lists of ScanNet's data-efficient
    benchmark are published as pickles, which are never loaded.

    Raises:
        InputError: The file is not readable or not of this form.
    """
    try:
        data = read_regular(path, MOST_BYTES)
        if data.startswith(PICKLES):
            raise InputError(f"{path}: a pickle, which is never loaded; {FORM}")
        found = json.loads(data.decode("utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}; {FORM}") from None
    except (ValueError, RecursionError):
        raise InputError(f"{path}: no JSON; {FORM}") from None
    if not isinstance(found, dict) or not found:
        raise InputError(f"{path}: names no scene; {FORM}")
    return {name: _listed(path, name, values) for name, values in found.items()}


def _listed(path: Path, name: str, values: object) -> NDArray[np.float64]:
    try:
        given = np.asarray(values)
        kind, shape = given.dtype.kind, given.shape
        listed = given.astype(np.float64) if kind in "if" else np.empty(0)
    except ValueError:
        listed = np.empty(0)
    numbers = listed.ndim == 1 and kind == "i" and (listed >= 0).all() if listed.size else False
    metres = listed.size and shape[1:] == (3,) and np.isfinite(listed).all()
    if not numbers and not metres:
        raise InputError(f"{path}: {name[:80]}: neither numbers nor positions; {FORM}")
    return listed


def find_labelled_points(
    listed: NDArray[np.float64],  # (n,) numbers, or (n, 3) metres
    points: NDArray[np.float32],  # (stored, 3) metres
    kept: int,
    spacing: float,
) -> NDArray[np.int64]:  # (m,) ascending, without repeats
    """Return which of the first ``kept`` points a list means: those it numbers, or the nearest.

    Raises:
        ValueError: A number is not that of a stored point, or a position is far from all of them.
    """
    if not kept:
        raise ValueError("lists points of a scene that has none")
    if listed.ndim == 1:
        if listed.max() >= len(points):
            raise ValueError(f"lists point {listed.max():.0f} of {len(points)}")
        number = listed.astype(np.int64)
        listed, same = points[number].astype(np.float64), number < kept
    else:
        if np.abs(listed).max() > FARTHEST:
            raise ValueError(f"a position lies {np.abs(listed).max():g} m away")
        number, same = np.zeros(len(listed), np.int64), np.zeros(len(listed), bool)
    near = np.where(same, number, nearest_points(points[:kept], listed)[:, 0])
    gap = np.linalg.norm(points[near] - listed, axis=1)
    if gap.max() > FAR + spacing:
        raise ValueError(
            f"a position lies {gap.max():.2f} m from every point: other axes or scene?"
        )
    return np.unique(near)
