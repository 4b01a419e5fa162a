from pathlib import Path

import numpy as np
import pytest

from pcv.data.files.png import write_png
from pcv.data.raw.posed.layout import (
    Entry,
    check_camera,
    check_pose,
    load_files,
    pinhole,
    read_colour_image,
    read_depth_image,
    read_labels,
    read_matrix,
)
from pcv.errors import RawFileError

HERE = Path("recording")


def turned(angle: float) -> np.ndarray:
    pose = np.eye(4)
    pose[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    return pose


def test_poses_that_move_a_camera_pass() -> None:
    check_pose(HERE, turned(0.3))
    check_pose(HERE, turned(2.0) * (1 + 1e-4 * (np.arange(16).reshape(4, 4) < 12)))


@pytest.mark.parametrize(
    ("pose", "said"),
    [
        (np.eye(4) * np.nan, "not finite"),
        (np.full((4, 4), -np.inf), "not finite"),
        (np.diag([1.1, 1, 1, 1]), "not rigid"),
        (np.diag([1, 1, 1, 2.0]), "not rigid"),
        (np.zeros((4, 4)), "not rigid"),
        (np.diag([-1.0, 1, 1, 1]), "mirrors"),
    ],
)
def test_other_poses_are_refused(pose: np.ndarray, said: str) -> None:
    with pytest.raises(RawFileError, match=said):
        check_pose(HERE, pose)


@pytest.mark.parametrize(
    ("camera", "fits"),
    [
        (pinhole(585, 585, 320, 240), True),
        (pinhole(525, 525, 319.5, 239.5), True),
        (pinhole(292, 292, 160, 120), False),  # of 320 x 240
        (pinhole(1170, 1170, 648, 484), False),  # of 1296 x 968
        (pinhole(585, 5, 320, 240), False),
        (pinhole(-585, 585, 320, 240), False),
        (pinhole(585, 585, np.nan, 240), False),
    ],
)
def test_cameras_that_cannot_be_those_of_the_images(camera: np.ndarray, fits: bool) -> None:
    if fits:
        check_camera(HERE, camera, (480, 640))
        return
    with pytest.raises(RawFileError, match="intrinsics"):
        check_camera(HERE, camera, (480, 640))


def test_kinds_of_images_are_told_apart(tmp_path: Path) -> None:
    depth = np.array([[1000, 65535], [0, 2]], np.uint16)
    colour = np.arange(12).reshape(2, 2, 3).astype(np.uint8)
    write_png(tmp_path / "depth.png", depth)
    write_png(tmp_path / "colour.png", colour)
    assert read_depth_image(tmp_path / "depth.png").tolist() == [[1000, 0], [0, 2]]
    np.testing.assert_array_equal(read_colour_image(tmp_path / "colour.png"), colour)
    assert read_labels(tmp_path / "depth.png").dtype == np.int64
    for read, file in ((read_depth_image, "colour.png"), (read_colour_image, "depth.png")):
        with pytest.raises(RawFileError, match="not an image of"):
            read(tmp_path / file)
    with pytest.raises(RawFileError, match="not a grey image"):
        read_labels(tmp_path / "colour.png")


@pytest.mark.parametrize("text", ["", "1 2 3", "a " * 16, "\x00" * 40])
def test_a_matrix_is_so_many_numbers(text: str, tmp_path: Path) -> None:
    (tmp_path / "pose.txt").write_text(text)
    with pytest.raises(RawFileError, match="not 4 lines of 4 numbers"):
        read_matrix(tmp_path / "pose.txt", 4)


def test_missing_files_are_named() -> None:
    for part, name in (("colour", "colour image"), ("depth", "depth image"), ("pose", "pose")):
        entry = Entry(3, HERE, HERE, HERE)._replace(**{part: None})
        with pytest.raises(RawFileError, match=f"its {name} is missing|cannot be read"):
            load_files(HERE, entry)
    assert Entry(3, HERE).having("depth", HERE / "d").files == (HERE, HERE / "d")


def test_a_pose_beyond_any_world_is_refused() -> None:
    pose = np.eye(4)
    pose[0, 3] = 1e300
    with pytest.raises(RawFileError, match=r"a pose 1e\+300 m away"):
        check_pose(Path("p"), pose)
