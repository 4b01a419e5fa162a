"""A pipe without a writer, in the place of any file, is refused at once instead of waited for."""

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from pcv.data.files.arrays import read_arrays
from pcv.data.files.checked import read_bytes
from pcv.data.files.cloud_files import read_cloud
from pcv.data.files.depth_png import read_depth_png
from pcv.data.files.matlab import check_array
from pcv.data.raw.folder_table import read_video_table
from pcv.data.raw.label_map import read_label_map
from pcv.data.raw.posed.sens import read_header
from pcv.data.scenes.labelled_points import read_labelled_points
from pcv.errors import InputError


@pytest.mark.parametrize(
    ("name", "read"),
    [
        *((f"a.{ending}", read_cloud) for ending in ("ply", "pcd", "npy", "npz", "xyz", "bin")),
        ("a.npz", read_arrays), ("a.ply", read_bytes), ("a.sens", read_header),
        ("a.png", lambda path: read_depth_png(path, (4, 3))),
        ("a.mat", lambda path: check_array(path, "d_depth")),
        ("a.csv", lambda path: read_video_table(path, "label")),
        ("a.yaml", read_label_map), ("a.json", read_labelled_points),
    ],
)  # fmt: skip
def test_a_pipe_is_refused_at_once(
    tmp_path: Path, name: str, read: Callable[[Path], object]
) -> None:
    os.mkfifo(tmp_path / name)
    raised: list[BaseException] = []

    def reading() -> None:
        try:
            read(tmp_path / name)
        except (InputError, OSError) as error:
            raised.append(error)

    thread = threading.Thread(target=reading, daemon=True)
    thread.start()
    thread.join(timeout=30)
    assert not thread.is_alive(), "it waits for a writer"
    assert "a pipe, expected a regular file" in str(raised)
