import os
import struct
from pathlib import Path

import numpy as np
import pytest
import scipy.io

from pcv.data.raw.utd import UtdMhad
from pcv.errors import InputError, RawFileError

NAME = "a27_s2_t4_depth.mat"


def recording(folder: Path, value: object = None, key: str = "d_depth") -> Path:
    if value is None:
        value = np.zeros((4, 6, 3), np.uint16)
        value[1, 2] = 3000
    scipy.io.savemat(folder / NAME, {key: value})
    return folder / NAME


def test_frames_come_last_in_the_file_and_first_here(tmp_path: Path) -> None:
    recording(tmp_path)
    reader = UtdMhad(centre=(3.0, 2.0))
    (source,) = reader.list_videos(tmp_path)
    assert (source.name, source.label, source.subject, source.split) == ("a27_s2_t4", 26, 2, "test")
    assert reader.count_frames(source) == 3
    frame = reader.read_video(source).frames[2]
    np.testing.assert_allclose(frame, [[-3 / 285.63, -3 / 285.63, 3]], rtol=1e-6)


@pytest.mark.parametrize(
    ("value", "key", "said"),
    [
        (np.ones((2, 2, 2)), "d_skel", "holds d_skel, expected d_depth"),
        (np.array([{"a": 1}], dtype=object), "d_depth", "plain array of numbers"),
        ("text", "d_depth", "plain array of numbers"),
        ({"field": 1.0}, "d_depth", "plain array of numbers"),
        (np.ones((2, 2, 2), bool), "d_depth", "plain array of numbers"),
        (np.ones((2, 2, 2), complex), "d_depth", "complex"),
        (np.ones((2, 2, 0)), "d_depth", "shape"),
        (np.ones((2, 2, 2, 2)), "d_depth", "shape"),
        (np.ones((2, 2)), "d_depth", "shape"),
        (np.zeros((2, 2, 2), np.uint16), "d_depth", "no pixel has a depth"),
        (np.full((2, 2, 2), np.nan), "d_depth", "no pixel has a depth"),
    ],
)
def test_a_file_of_something_else_is_refused(
    tmp_path: Path, value: object, key: str, said: str
) -> None:
    recording(tmp_path, value, key)
    (source,) = UtdMhad().list_videos(tmp_path)
    with pytest.raises(RawFileError, match=said):
        UtdMhad().read_video(source)


@pytest.mark.parametrize("frames", [2**31 - 1, 100_001])
def test_an_absurd_header_is_refused_before_it_is_believed(tmp_path: Path, frames: int) -> None:
    path = recording(tmp_path)
    claimed = path.read_bytes().replace(
        struct.pack("<3i", 4, 6, 3), struct.pack("<3i", 4, 6, frames)
    )
    path.write_bytes(claimed)
    (source,) = UtdMhad().list_videos(tmp_path)
    for read in (UtdMhad().count_frames, UtdMhad().read_video):
        with pytest.raises(RawFileError, match=f"{frames} frames of 6 x 4 pixels"):
            read(source)


def test_a_frame_without_foreground_is_an_empty_frame(tmp_path: Path) -> None:
    depth = np.full((4, 6, 3), np.nan)
    depth[1, 2, [0, 2]] = 3000.0
    recording(tmp_path, depth)
    (source,) = UtdMhad().list_videos(tmp_path)
    assert [len(frame) for frame in UtdMhad().read_video(source).frames] == [1, 0, 1]


@pytest.mark.parametrize("keep", [0, 50, 200, -7])
def test_a_truncated_file_is_refused(tmp_path: Path, keep: int) -> None:
    path = recording(tmp_path)
    path.write_bytes(path.read_bytes()[:keep])
    (source,) = UtdMhad().list_videos(tmp_path)
    with pytest.raises(RawFileError) as caught:
        UtdMhad().read_video(source)
    assert "\n" not in str(caught.value)


def test_a_matlab_7_3_file_is_told_apart(tmp_path: Path) -> None:
    header = b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM"
    (tmp_path / NAME).write_bytes(header + b"\x89HDF\r\n\x1a\n" + b"\0" * 512)
    (source,) = UtdMhad().list_videos(tmp_path)
    with pytest.raises(RawFileError, match=r"7\.3"):
        UtdMhad().read_video(source)


def test_a_wrong_name_or_number_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a28_s1_t1_depth.mat").touch()
    with pytest.raises(RawFileError, match="actions are 1 to 27"):
        UtdMhad().list_videos(tmp_path)
    with pytest.raises(InputError, match="no such folder"):
        UtdMhad().list_videos(tmp_path / "none")


def test_a_file_of_another_program_is_refused(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"\x89HDF\r\n\x1a\n" + b"\0" * 512)
    (source,) = UtdMhad().list_videos(tmp_path)
    with pytest.raises(RawFileError, match="cannot be read as MATLAB 5"):
        UtdMhad().read_video(source)


def test_a_variable_with_a_line_break_in_its_name_is_told_in_one_line(tmp_path: Path) -> None:
    path = recording(tmp_path)
    path.write_bytes(path.read_bytes().replace(b"d_depth", b"d\ndepth"))
    (source,) = UtdMhad().list_videos(tmp_path)
    with pytest.raises(RawFileError, match=r"holds d\\ndepth, expected d_depth") as caught:
        UtdMhad().read_video(source)
    assert "\n" not in str(caught.value)


def test_the_same_recording_twice_is_refused(tmp_path: Path) -> None:
    recording(tmp_path).rename(tmp_path / "a01_s1_t1_depth.mat")
    recording(tmp_path).rename(tmp_path / "a1_s1_t1_depth.mat")
    with pytest.raises(RawFileError, match="the same recording"):
        UtdMhad().list_videos(tmp_path)


def test_an_empty_folder_and_a_file_that_cannot_be_opened_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no _depth\.mat file"):
        UtdMhad().list_videos(tmp_path)
    (tmp_path / NAME).symlink_to(tmp_path / "gone")
    (source,) = UtdMhad().list_videos(tmp_path)
    with pytest.raises(RawFileError, match="cannot be opened: No such file"):
        UtdMhad().count_frames(source)


@pytest.mark.real
def test_the_real_set_is_whole() -> None:
    root = os.environ.get("PCV_DATA")
    if not root:
        pytest.skip("PCV_DATA does not name a folder of real recordings")
    reader = UtdMhad()
    videos = reader.list_videos(Path(root) / "utd-mhad")
    assert len(videos) == 646
    assert sum(v.split == "train" for v in videos) == 323
    points = reader.read_video(videos[0]).frames[0]
    assert 1500 < len(points) < 20000
    assert 1.7 < points[:, 2].min() < points[:, 2].max() < 4.0
