from pathlib import Path

import numpy as np
import pytest

from pcv.data.files.lidar_scan import read_scan
from pcv.errors import RawFileError


def scan(width: int, points: int = 200, brightest: float = 1) -> np.ndarray:
    """Points on all sides, their reflectance, and 32 rings."""
    rng = np.random.default_rng(0)
    table = np.hstack([rng.normal(0, 20, (points, 3)), rng.random((points, 1)) * brightest])
    return np.hstack([table, np.arange(points)[:, None] % 32])[:, :width].astype("<f4")


@pytest.mark.parametrize(("width", "brightest"), [(4, 1), (4, 255), (5, 1), (5, 255)])
def test_values_tell_how_many_floats_a_point_has(tmp_path: Path, width: int, brightest) -> None:
    for points in (199, 200, 201):
        table = scan(width, points, brightest)
        table.tofile(tmp_path / "a.bin")
        np.testing.assert_array_equal(read_scan(tmp_path / "a.bin"), table)


def test_the_number_of_labels_tells_it_first(tmp_path: Path) -> None:
    np.zeros(80, "<f4").tofile(tmp_path / "a.bin")
    assert read_scan(tmp_path / "a.bin", 20).shape == (20, 4)
    assert read_scan(tmp_path / "a.bin", 16).shape == (16, 5)
    with pytest.raises(RawFileError, match=r"80 floats may be points of 4 and 5 floats each"):
        read_scan(tmp_path / "a.bin")


def test_points_before_the_scanner_are_told_by_reflectance_or_ring(tmp_path: Path) -> None:
    for width, brightest in ((4, 1), (5, 255)):
        table = np.abs(scan(width, 200, brightest)) + np.float32([2, 2, 2, 0, 0])[:width]
        table.tofile(tmp_path / "a.bin")
        assert read_scan(tmp_path / "a.bin").shape == (200, width)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (scan(3, 200), "points of 4 and 5 floats have negative reflectance"),
        (scan(3, 8), "points of 4 floats have negative reflectance"),
        (scan(3, 1), "has 12 bytes, expected a positive multiple of 16"),
        (scan(3, 0), "has 0 bytes"),
    ],
)
def test_other_floats_are_refused(tmp_path: Path, values: np.ndarray, said: str) -> None:
    values.tofile(tmp_path / "a.bin")
    with pytest.raises(RawFileError, match=rf"a\.bin: .*{said}"):
        read_scan(tmp_path / "a.bin")
