from pathlib import Path

import numpy as np
import pytest

from pcv.data.raw.folder_frames import FrameFiles
from pcv.errors import RawFileError


def frames(**changes: object) -> FrameFiles:
    return FrameFiles(None, None, (), False, None)._replace(**changes)


def test_points_are_in_metres_with_what_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "1.npy"
    np.save(path, np.array([[1000, 2000, 3000, 1, 2, 3, 1]]))
    points, columns = frames(unit=0.001).read(path)
    assert (points.tolist(), columns) == ([[1, 2, 3]], {})
    _, columns = frames(point_classes=("a", "b"), brightest=255.0).read(path)
    assert columns["labels"].tolist() == [1]
    assert columns["colour"].tolist() == [[1, 2, 3]]
    with pytest.raises(RawFileError, match=r"1\.npy: has the unknown class ids 1"):
        frames(point_classes=("a",)).read(path)


def test_points_that_are_not_finite_are_refused_or_left_out(tmp_path: Path) -> None:
    path = tmp_path / "1.npy"
    np.save(path, np.array([[1, 2, np.nan, 1], [4, 5, 6, 0]]))
    with pytest.raises(RawFileError, match="1 of 2 points are not finite"):
        frames().read(path)
    points, columns = frames(drop_nan=True, point_classes=("a", "b")).read(path)
    assert (points.tolist(), columns["labels"].tolist()) == ([[4, 5, 6]], [0])
