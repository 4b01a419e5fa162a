"""Lists and associations; a whole recording is read in test_rgbd."""

import contextlib
from pathlib import Path

import numpy as np
import pytest

from pcv.data.raw.posed.layout import check_pose
from pcv.data.raw.posed.tum import TUM, _pose
from pcv.errors import RawFileError
from tests import rooms
from tests.mutants import refusals


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return rooms.tum(tmp_path / "rgbd_dataset_freiburg1_xyz", rooms.frames(3, 0.1))


def test_images_and_poses_are_put_together_by_time(path: Path) -> None:
    text = (path / "rgb.txt").read_text().splitlines()
    (path / "rgb.txt").write_text("\n".join(text[:2] + text[3:]))  # the second is lost
    first, second, third = TUM.entries(path)
    assert first.colour == path / "rgb/0.png"
    assert second.colour is None
    assert (third.colour, third.offset) == (path / "rgb/2.png", 4)
    with pytest.raises(RawFileError, match=r"its colour image within 0\.02 s is missing"):
        TUM.load(path, second)


def test_a_frame_without_a_pose_near_in_time_says_so(path: Path) -> None:
    (path / "groundtruth.txt").write_text("# none near\n10 0 0 0 0 0 0 1\n")
    with pytest.raises(RawFileError, match=r"its pose within 0\.02 s is missing"):
        TUM.load(path, TUM.entries(path)[0])


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("rgb.txt", "now rgb/0.png\n", "not 2 columns that begin with a time"),
        ("depth.txt", "nan depth/0.png\n", "not 2 columns that begin with a time"),
        ("groundtruth.txt", "1 2 3\n", "not 8 columns that begin with a time"),
        ("groundtruth.txt", "1 2 3 4 5 6 7 x\n", "not 8 columns that begin with a time"),
        ("depth.txt", "1000 ../../secret.png\n", "outside its folder"),
        ("rgb.txt", "1000 /etc/passwd\n", "outside its folder"),
    ],
)
def test_wrong_lists_are_one_line(path: Path, name: str, text: str, said: str) -> None:
    (path / name).write_text(text)
    with pytest.raises(RawFileError, match=said):
        TUM.entries(path)


def test_published_cameras_go_by_the_name(tmp_path: Path, path: Path) -> None:
    assert TUM.cameras(path).path == path / "camera-intrinsics.txt"
    (path / "camera-intrinsics.txt").unlink()
    assert TUM.cameras(path).depth[0, 0] == 517.3
    other = path.rename(tmp_path / "kitchen")
    assert TUM.cameras(other) is None
    assert TUM.find(tmp_path) == [other]


def test_quaternions_turn_as_they_should() -> None:
    half = np.sqrt(0.5)
    pose = _pose(Path(), [1, 2, 3, 0, 0, half, half])  # a quarter turn about z
    np.testing.assert_allclose(pose @ [1, 0, 0, 1], [1, 3, 3, 1], atol=1e-12)
    assert np.isnan(_pose(Path(), [0] * 7)).any()


def test_no_damage_escapes_as_another_error(path: Path) -> None:
    def read() -> None:
        for entry in TUM.entries(path):
            with contextlib.suppress(RawFileError):
                check_pose(path, TUM.load(path, entry).pose)
        TUM.cameras(path)

    names = ("rgb.txt", "depth.txt", "groundtruth.txt", "camera-intrinsics.txt")
    assert len([*refusals([path / name for name in names], read, 150)]) > 20
    (path / "groundtruth.txt").unlink()
    with pytest.raises(RawFileError, match=r"groundtruth\.txt: cannot be read"):
        TUM.entries(path)
