"""Where files of cameras lie, which of them counts, and what is refused."""

from pathlib import Path

import numpy as np
import pytest

from pcv.data.raw.posed.camera_files import (
    camera_files,
    cameras_above,
    check_unit,
    find_cameras,
)
from pcv.data.raw.posed.layout import Cameras
from pcv.data.raw.posed.seven_scenes import SEVEN_SCENES
from pcv.data.raw.posed.tum import TUM
from pcv.data.raw.rgbd import RgbdScenes
from pcv.errors import RawFileError
from tests import rooms

INFO = (
    "m_versionNumber = 4\nm_sensorName = Structure Sensor\nm_colorWidth = 1296\n"
    "m_colorHeight = 968\nm_depthWidth = 640\nm_depthHeight = 480\nm_depthShift = 1000\n"
    "m_calibrationColorIntrinsic = 1158 0 649 0 0 1153 483.5 0 0 0 1 0 0 0 0 1\n"
    "m_calibrationColorExtrinsic = 1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1\n"
    "m_calibrationDepthIntrinsic = 572 0 320 0 0 572 240 0 0 0 1 0 0 0 0 1\n"
    "m_calibrationDepthExtrinsic = 1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1\nm_frames.size = 1164\n"
)
NAMES = (
    "camera-intrinsics.txt", "camera_intrinsics.txt", "cameraIntrinsics.json", "info.txt",
    "_info.txt", "K.txt", "k.npy", "camera.yaml", "camera.yml", "cam_params.json", "calib.txt",
    "calibration.txt", "intrinsics.txt", "intrinsic_depth.txt", "depth_intrinsics.txt", "TUM1.yaml",
    "freiburg1.yaml", "cameras.txt", "camera_info.yaml", "transforms.json", "cam0.yaml",
    "caminfo.txt", "camera-640x480.txt", "scene0000_00.txt", "intrinsics", "CAMERA.TXT",
)  # fmt: skip
OTHERS = (
    "rgb.txt", "depth.txt", "groundtruth.txt", "classes.txt", "frame-000000.pose.txt", "README.md",
    "camera_poses.txt", "info.png", ".camera.txt", "associations.txt", "accelerometer.txt",
    "TrainSplit.txt", "checkpoint.json", "information.txt",
)  # fmt: skip


def test_names_say_which_files_tell_a_camera(tmp_path: Path) -> None:
    for name in (*NAMES[1:], *OTHERS):
        (tmp_path / name).touch()
    assert [file.name for file in camera_files(tmp_path)] == sorted(NAMES[1:])
    (tmp_path / NAMES[0]).touch()
    assert camera_files(tmp_path) == [tmp_path / NAMES[0]]  # it comes before all others


@pytest.mark.parametrize("name", ["info.txt", "_info.txt"])
@pytest.mark.parametrize("place", [".", "..", "../.."])
def test_the_camera_of_12_scenes_is_never_that_of_7_scenes(
    name: str, place: str, tmp_path: Path
) -> None:
    data = tmp_path / "apt1/kitchen/data"
    data.mkdir(parents=True)
    (data / "frame-000000.pose.txt").touch()
    (data / place / name).write_text(INFO)
    found = RgbdScenes(tmp_path / "apt1")._cameras(data)
    assert (found.depth[0, 0], found.depth[0, 2]) == (572, 320)
    assert found.colour is not None
    assert found.colour[0, 2] == 649
    assert (found.size, found.colour_size) == ((480, 640), (968, 1296))


@pytest.mark.parametrize("name", ["info.txt", "K.txt", "camera.yaml", "camera-intrinsics.txt"])
@pytest.mark.parametrize("text", ["", "m_calibrationDepthIntrinsic = 572 0\n", "\x00\xff"])
def test_a_file_that_is_not_understood_is_refused(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / "seq-01").mkdir()
    (tmp_path / name).write_text(text)
    with pytest.raises(RawFileError, match=rf"{name}: .*--camera FX,FY,CX,CY") as caught:
        SEVEN_SCENES.cameras(tmp_path / "seq-01")
    assert "\n" not in str(caught.value)


def test_with_the_option_no_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "frame-000000.pose.txt").touch()
    (tmp_path / "info.txt").touch()
    found = RgbdScenes(tmp_path, camera=(572, 571, 320, 240))._cameras(tmp_path)
    assert found.depth[1, 1] == 571


def test_files_of_one_folder_are_put_together_and_must_agree(tmp_path: Path) -> None:
    (tmp_path / "intrinsic").mkdir()
    (tmp_path / "intrinsic/depth_intrinsics.txt").write_text("572 571 320 240")
    (tmp_path / "intrinsic/color_intrinsics.txt").write_text("1158 1153 649 483")
    found = find_cameras(tmp_path)
    assert found is not None
    assert found.colour is not None
    assert (found.depth[0, 0], found.colour[0, 0]) == (572, 1158)
    (tmp_path / "K_depth.txt").write_text("585 585 320 240")
    with pytest.raises(RawFileError, match=r"several cameras: fx is 585 and 572 in K_depth\.txt"):
        find_cameras(tmp_path)


def test_the_colour_camera_alone_tells_that_of_registered_depth(tmp_path: Path) -> None:
    (tmp_path / "rgb_camera.txt").write_text("517 516 318 255")
    with pytest.raises(RawFileError, match="only the colour camera"):
        find_cameras(tmp_path)
    assert TUM.cameras(tmp_path).depth[0, 0] == 517


def test_tum_cameras_in_a_file_come_before_the_published(tmp_path: Path) -> None:
    path = rooms.tum(tmp_path / "rgbd_dataset_freiburg1_xyz", rooms.frames(1, 0.1))
    (path / "camera-intrinsics.txt").unlink()
    (tmp_path / "TUM1.yaml").write_text(
        "%YAML:1.0\nCamera.fx: 500.0\nCamera.fy: 501.0\nCamera.cx: 319.0\nCamera.cy: 239.0\n"
        "DepthMapFactor: 5000.0\n"
    )
    assert RgbdScenes(tmp_path)._cameras(path).depth[0, 0] == 500


def test_arrays_are_read_and_pickles_are_not(tmp_path: Path) -> None:
    np.save(tmp_path / "K.npy", np.array([[572, 0, 320], [0, 571, 240], [0, 0, 1.0]]))
    found = find_cameras(tmp_path)
    assert found is not None
    assert found.depth[1, 2] == 240
    np.save(tmp_path / "K.npy", np.array([object()]), allow_pickle=True)
    with pytest.raises(RawFileError, match=r"K\.npy: .*--camera"):
        find_cameras(tmp_path)


def test_another_unit_of_depth_asks_for_the_option(tmp_path: Path) -> None:
    (tmp_path / "info.txt").write_text(INFO.replace("m_depthShift = 1000", "m_depthShift = 4000"))
    found = find_cameras(tmp_path)
    assert found is not None
    with pytest.raises(RawFileError, match=r"4000 units of depth a metre.*--unit 0\.00025"):
        check_unit(found, 0.001)
    check_unit(found, 1 / 4000)
    check_unit(Cameras(found.depth), 0.001)


def test_folders_above_the_root_are_not_searched(tmp_path: Path) -> None:
    inside = tmp_path / "root/a/b"
    inside.mkdir(parents=True)
    (tmp_path / "K.txt").write_text("572 571 320 240")
    assert cameras_above(inside, tmp_path / "root") is None
    assert cameras_above(inside, tmp_path) is not None


def test_images_of_another_size_than_the_camera_told_are_refused(tmp_path: Path) -> None:
    room = rooms.seven_scenes(tmp_path / "room", rooms.frames(2, 0.1))
    camera = " ".join(map(str, rooms.CAMERA))
    (room / "camera-intrinsics.txt").unlink()
    (room / "camera.yaml").write_text(
        f"intrinsics: [{', '.join(camera.split())}]\nresolution: [90, 70]\n"
    )
    reader = RgbdScenes(tmp_path)
    (source,) = reader.list_videos(tmp_path)
    said = r"the camera told is for depth of 90 x 70 pixels, not 80 x 60.*--camera"
    with pytest.raises(RawFileError, match=said):
        reader.read_video(source)


def test_the_published_camera_is_not_for_colour_of_another_size() -> None:
    assert SEVEN_SCENES.cameras(Path("nowhere/seq-01")).colour_size == (480, 640)
