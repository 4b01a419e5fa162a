from pathlib import Path

import numpy as np
import pytest

from pcv.data.files.png import read_png, write_png
from pcv.data.raw.synthia_views import files_of, read_intrinsics, read_views, thin, to_classes
from pcv.errors import RawFileError
from tests.data.raw.test_synthia import sequence


def test_ids_become_classes() -> None:
    assert to_classes(np.arange(16), Path("x")).tolist() == [
        -1, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, -1, -1, 11,
    ]  # fmt: skip
    for wrong in (16, -1):
        with pytest.raises(RawFileError, match=f"x: has the unknown class id {wrong}"):
            to_classes(np.array([2, wrong]), Path("x"))


def test_four_views_stand_around_the_camera_in_one_world(tmp_path: Path) -> None:
    folder = sequence(tmp_path)
    camera = read_intrinsics(folder / "CameraParams/intrinsics.txt")
    scene, centre = read_views(folder, camera, "000001.png")
    assert centre.tolist() == [1, -5, 100]  # the sign of the translation is changed
    offset = scene.points - centre
    np.testing.assert_allclose(np.abs(offset[:, [0, 2]]).max(1), 4, atol=1e-4)  # four walls
    assert len(scene.points) == 4 * 17 * 32  # neither sky nor reserved
    front = offset[544:1088]  # the second of four views
    # x is -(u - cx) / f d: the leftmost pixel, u = 0, is at x = +4.
    assert (front[:, 0].min(), front[:, 0].max()) == pytest.approx((-3.75, 4), abs=1e-4)
    assert (front[:, 1].min(), front[:, 1].max()) == pytest.approx((-1.5, 2.5), abs=1e-4)
    assert set(scene.columns["labels"]) == {-1, 0, 6, 11}
    assert (scene.columns["colour"] == (10, 20, 30)).all()


def test_what_is_farther_than_25_metres_is_cut_off(tmp_path: Path) -> None:
    folder = sequence(tmp_path)
    file = files_of(folder, "Omni_F", "000000.png")[0]
    depth = read_png(file)
    depth[12:] = 2600
    write_png(file, depth)
    camera = read_intrinsics(folder / "CameraParams/intrinsics.txt")
    assert len(read_views(folder, camera, "000000.png")[0].points) == 3 * 17 * 32 + 6 * 32


def test_thinning_prefers_what_is_far() -> None:
    rng = np.random.default_rng(0)
    points = np.zeros((16000, 3), np.float32)
    points[:8000, 0], points[8000:, 0] = 1, 3
    kept = thin(points, np.zeros(3), rng)
    assert len(kept) == len(set(kept)) == 1000
    assert (kept >= 8000).mean() == pytest.approx(0.75, abs=0.05)
    points[:4, 0] = 0
    assert not set(range(4)) & set(thin(points, np.zeros(3), rng))
