"""Features that a frozen 2D model computed from a store's views, on disk.

A folder holds ``index.json`` with ``format`` (pcv-teacher), ``version`` (1), ``model`` (a name)
and ``shape`` (rows, columns, channels of a view); and ``NAME/FRAME.npy`` for every view, float16
or float32 of that shape: NAME as ``pcv info`` lists the recording, FRAME the frame's number in six
digits. Row 0 and column 0 are the image's upper left; the grid covers the whole image.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pcv.data.store.json_file import write_json
from pcv.errors import InputError, RawFileError, StoreError, one_line
from pcv.whole import vacant, whole_file

FORMAT, VERSION = "pcv-teacher", 1
AGAIN = "write it again with pcv teach"
BEGUN = "begun.json"  # exists while features are missing, and holds what they depend on


class TeacherFeatures:
    """An open folder of features; safe in worker processes.

    Raises:
        StoreError: The folder is missing, unfinished, or does not hold features.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            index = json.loads((path / "index.json").read_text())
            found = (index["format"], index["version"])
            rows, columns, channels = (int(length) for length in index["shape"])
            self.model = str(index["model"])
        except (OSError, ValueError, KeyError, TypeError):
            raise StoreError(
                f"{path}: holds no features of a teacher; pcv teach writes them"
            ) from None
        if found != (FORMAT, VERSION) or min(rows, columns, channels) < 1:
            raise StoreError(f"{path}: {found[0]} version {found[1]}, expected {FORMAT} {VERSION}")
        self.shape = (rows, columns, channels)

    def read(
        self,
        video: str,
        frames: NDArray[np.int64],  # (V,)
    ) -> NDArray[np.float32]:  # (V, h, w, D)
        """Read the features of views, by the name of the video and the numbers of the frames.

        Raises:
            RawFileError: A file is missing, damaged, of another size, or not finite.
        """
        return np.stack([self._read(feature_file(self.path, video, int(f))) for f in frames])

    def _read(self, file: Path) -> NDArray[np.float32]:
        try:
            found = np.load(file, allow_pickle=False)
        except FileNotFoundError:
            raise RawFileError(file, "the features of this view are missing", AGAIN) from None
        except (OSError, ValueError, EOFError) as error:
            raise RawFileError(file, f"is not an .npy file: {one_line(error)}", AGAIN) from None
        if not isinstance(found, np.ndarray) or found.shape != self.shape:
            shape = getattr(found, "shape", "an archive")
            raise RawFileError(file, f"has shape {shape}, index.json says {self.shape}", AGAIN)
        if found.dtype not in (np.float16, np.float32) or not np.isfinite(found).all():
            problem = f"is {found.dtype} or not finite, expected float16 or float32"
            raise RawFileError(file, problem, AGAIN)
        return found.astype(np.float32)


def feature_file(path: Path, video: str, frame: int) -> Path:
    """Return the path of one view's features; no name of a recording leads out of the folder."""
    safe = video.replace("/", "-").replace("\\", "-").lstrip(".") or "-"
    return path / safe / f"{frame:06d}.npy"


def begin_features(path: Path, told: dict[str, Any]) -> None:
    """Mark a new folder as begun, or check that the same command began it and did not finish.

    Args:
        path: The folder of the features.
        told: What the features depend on, JSON-able.

    Raises:
        InputError: The folder holds something else.
    """
    mark = path / BEGUN
    try:
        begun = json.loads(mark.read_text())
    except (OSError, ValueError):
        begun = None
    if begun != told and not vacant(path):
        how = "begun from another store or model" if begun else "not empty"
        raise InputError(f"{path}: {how}; give a new folder")
    path.mkdir(parents=True, exist_ok=True)
    write_json(mark, told)


def written_shape(path: Path, video: str, frame: int) -> tuple[int, ...] | None:
    """Return the shape of a view's features if they are there already, else None."""
    try:
        found = np.load(feature_file(path, video, frame), mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return tuple(found.shape) if isinstance(found, np.ndarray) else None


def write_features(path: Path, video: str, frame: int, feature: NDArray[Any]) -> None:
    """Write the features (h, w, D) of one view as float16; the file appears whole or not at all."""
    file = feature_file(path, video, frame)
    file.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(file) as partial, partial.open("wb") as stream:
        np.save(stream, feature.astype(np.float16), allow_pickle=False)


def finish_features(path: Path, model: str, shape: tuple[int, ...]) -> None:
    """Write the index: from here on the folder is complete."""
    index = {"format": FORMAT, "version": VERSION, "model": model, "shape": list(shape)}
    write_json(path / "index.json", index)
    (path / BEGUN).unlink(missing_ok=True)
