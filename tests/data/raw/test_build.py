"""Readers come back from what a store noted of them."""

from pathlib import Path

import pytest

from pcv.data.files.cloud_files import DepthCamera
from pcv.data.raw import READERS
from pcv.data.raw.build import build_reader, make_reader
from pcv.data.raw.folder import VideoFolders
from pcv.data.raw.msr import MsrAction3d
from pcv.data.raw.nvgesture import NvGesture
from pcv.data.raw.reader import SceneReader
from pcv.data.raw.rgbd import RgbdScenes
from pcv.data.raw.room_files import RoomFiles
from pcv.data.raw.shrec import Shrec17
from pcv.data.raw.synthia import Synthia
from pcv.data.raw.utd import UtdMhad
from pcv.errors import InputError

ROOT = Path("raw")
CAMERAS = [None, DepthCamera((585.0, 590.5)), DepthCamera((585.0, 590.5), (320.0, 239.5))]


@pytest.mark.parametrize(
    "reader",
    [
        MsrAction3d(), MsrAction3d(300.5, (100.0, 90.25), 0.002), UtdMhad(focal=300.0),
        NvGesture(0, 0.01), Shrec17(frames=7, unit=0.5),
        *(VideoFolders(ROOT, up=up, unit=unit, camera=camera, pattern="*.x")
          for up in ("-y", "z") for unit in (None, 1e-5) for camera in CAMERAS),
    ],
)  # fmt: skip
def test_what_a_reader_notes_builds_it_again(reader) -> None:
    assert build_reader(reader.dataset, ROOT, reader.settings(), {}) == reader


@pytest.mark.parametrize("name", sorted(READERS.keys() - {"scannet", "s3dis", "rgbd"}))
def test_every_format_of_recordings_is_read_whatever_their_split(name: str) -> None:
    reader = build_reader(name, ROOT, {}, {})
    assert reader.dataset == name
    assert not isinstance(reader, SceneReader)
    for field, value in READERS[name].predict_always.items():
        assert getattr(reader, field) == value


def test_every_format_of_rooms_is_read_without_labels() -> None:
    for name in ("folder", "rgbd", "s3dis", "scannet"):
        reader = build_reader(name, ROOT, {}, {}, rooms=True)
        assert reader.dataset == name
        assert isinstance(reader, SceneReader)
        assert not getattr(reader, "labelled", False)
    assert isinstance(build_reader("folder", ROOT, {}, {}, rooms=True), RoomFiles)
    with pytest.raises(
        InputError, match="holds recordings of msr, and the model was trained on rooms"
    ):
        build_reader("msr", ROOT, {}, {}, rooms=True)


@pytest.mark.parametrize("camera", [None, (585.0, 590.5, 320.0, 240.0)])
def test_what_posed_rooms_were_read_with_is_noted(camera, tmp_path: Path) -> None:
    reader = RgbdScenes(
        tmp_path, every=2, views_per_scene=9, voxel=0.05, far=4.0, held_out=3, up="z", unit=0.002,
        camera=camera, poses="world-to-camera", labelled=False,
    )  # fmt: skip
    noted = reader.settings() | {"held_out": 3}
    assert build_reader("rgbd", tmp_path, noted, {}, rooms=True) == reader
    for key, value in (("every", "0"), ("camera", "585"), ("held_out", "x"), ("up", "x")):
        with pytest.raises(InputError, match=f"option {key} {value}"):
            build_reader("rgbd", tmp_path, noted, {key: value}, rooms=True)


def test_points_are_noted_where_split_and_labels_do_not_matter() -> None:
    noted = Synthia(512, 3, ("05-FOG",), ("06-SUNSET",)).settings()
    found = build_reader("synthia", ROOT, noted, {})
    assert (found.points, found.seed) == (512, 3)
    world = build_reader("kitti", ROOT, {"world": "True", "label_map": "x", "split": "y"}, {})
    assert (world.world, world.labelled) == (True, False)
    assert build_reader("ntu", ROOT, {"focal": 365.0, "split": "cross-view"}, {}).focal == 365.0


def test_what_a_user_says_goes_first() -> None:
    noted = VideoFolders(ROOT, up="z", unit=0.5).settings()
    given = {"unit": "2", "camera": "585,585,320,240", "drop_nan": "true"}
    found = build_reader("folder", ROOT, noted, given)
    assert (found.up, found.unit, found.drop_nan) == ("z", 2.0, True)
    assert found.camera == DepthCamera((585.0, 585.0), (320.0, 240.0))
    assert build_reader("folder", ROOT, {}, {"camera": "585"}).camera == DepthCamera((585.0, 585.0))


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("pdf", {}, "choose store, folder, kitti, msr, ntu, nvgesture, shrec, synthia, utd"),
        ("scannet", {}, "raw: holds scenes of scannet, and the model was trained on recordings"),
        ("msr", {"fokal": "1"}, "msr has focal, centre, unit"),
        ("msr", {"focal": "wide"}, "could not convert"),
        ("msr", {"focal": "0.5"}, "msr: option focal 0.5: Input should be greater than or equal"),
        ("msr", {"unit": "-1"}, "expected a positive number"),
        ("msr", {"unit": "inf"}, "expected a positive number"),
        ("msr", {"centre": "5"}, "expected two numbers"),
        ("shrec", {"frames": "1.5"}, "expected a whole number"),
        ("kitti", {"world": "maybe"}, "expected true or false"),
        ("folder", {"up": "x"}, "choose -y, y or z"),
        ("folder", {"camera": "1,2,3"}, "expected FX,FY"),
        ("folder", {"camera": "-5"}, "expected FX,FY"),
    ],
)
def test_a_mistake_is_one_line(name: str, given: dict[str, str], said: str) -> None:
    with pytest.raises(InputError, match=said):
        build_reader(name, ROOT, {}, given)


def test_what_a_field_cannot_be_names_the_option_of_a_command() -> None:
    def say(field: str) -> str:
        return f"--{field}"

    assert make_reader(MsrAction3d, ROOT, {"focal": 300.0}, say) == MsrAction3d(focal=300.0)
    assert make_reader(RgbdScenes, ROOT, {}, say) == RgbdScenes(ROOT)
    with pytest.raises(InputError, match="--focal inf: Input should be a finite number"):
        make_reader(MsrAction3d, ROOT, {"focal": float("inf")}, say)
    with pytest.raises(InputError, match="--up x: choose -y, y or z"):
        make_reader(RgbdScenes, ROOT, {"up": "x"}, say)
    with pytest.raises(InputError, match="msr: Unexpected keyword argument"):
        make_reader(MsrAction3d, ROOT, {"fokal": 1.0}, say)
