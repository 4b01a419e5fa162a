import os
import struct
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pcv.data.raw.msr import MsrAction3d, read_depth_bin, write_depth
from pcv.errors import InputError, RawFileError

NAME = "a05_s06_e01_sdepth.bin"


def recording(folder: Path, name: str = NAME, frames: int = 2) -> Path:
    depth = np.zeros((frames, 4, 6), np.uint32)
    depth[:, 1, 2] = 3000
    write_depth(folder / name, depth)
    return folder / name


def test_names_become_labels_subjects_and_splits(tmp_path: Path) -> None:
    (tmp_path / "deeper").mkdir()
    recording(tmp_path / "deeper")
    recording(tmp_path, "a01_s05_e03_sdepth.bin")
    (tmp_path / "notes.txt").touch()
    first, second = MsrAction3d().list_videos(tmp_path)
    assert (first.name, first.label, first.subject, first.split) == ("a01_s05_e03", 0, 5, "train")
    assert (second.label, second.subject, second.split) == (4, 6, "test")


def test_points_are_metres_from_the_image_centre(tmp_path: Path) -> None:
    recording(tmp_path)
    reader = MsrAction3d()
    (source,) = reader.list_videos(tmp_path)
    assert reader.count_frames(source) == 2
    frame = reader.read_video(source).frames[0]
    np.testing.assert_allclose(frame, [[(2 - 3) / 280 * 3, (1 - 2) / 280 * 3, 3]], rtol=1e-6)


def test_a_frame_without_foreground_is_an_empty_frame(tmp_path: Path) -> None:
    depth = np.zeros((3, 4, 6), np.uint32)
    depth[[0, 2], 1, 2] = 3000
    write_depth(tmp_path / NAME, depth)
    (source,) = MsrAction3d().list_videos(tmp_path)
    assert [len(frame) for frame in MsrAction3d().read_video(source).frames] == [1, 0, 1]


def test_the_first_five_subjects_train(tmp_path: Path) -> None:
    for subject in range(1, 11):
        recording(tmp_path, f"a01_s{subject:02}_e01_sdepth.bin")
    splits = [video.split for video in MsrAction3d().list_videos(tmp_path)]
    assert splits == ["train"] * 5 + ["test"] * 5


def test_the_archive_splits_as_published(tmp_path: Path) -> None:
    """567 of 600 possible recordings exist: 270 train and 297 test."""
    everything = {(a, s, e) for a in range(1, 21) for s in range(1, 11) for e in (1, 2, 3)}
    missing = {(a, 4, e) for a in range(1, 7) for e in (1, 2, 3)}
    missing |= {(15, s, e) for s in (3, 4, 5) for e in (1, 2, 3)}
    missing |= {(7, 4, 3), (4, 3, 3), (5, 6, 3), (6, 6, 3), (7, 7, 3), (15, 2, 3)}
    for action, subject, trial in everything - missing:
        (tmp_path / f"a{action:02}_s{subject:02}_e{trial:02}_sdepth.bin").touch()
    videos = MsrAction3d().list_videos(tmp_path)
    assert Counter(video.split for video in videos) == {"train": 270, "test": 297}
    train = Counter(video.label for video in videos if video.split == "train")
    assert [train[label] for label in range(20)] == [12, 12, 12, 11, 12, 12, 14] + [15] * 7 + [
        5, 15, 15, 15, 15, 15,
    ]  # fmt: skip


@given(hnp.arrays(np.uint32, st.tuples(*[st.integers(1, 5)] * 3)))
@settings(max_examples=30)
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, depth: np.ndarray
) -> None:
    path = tmp_path_factory.mktemp("msr") / NAME
    write_depth(path, depth)
    np.testing.assert_array_equal(read_depth_bin(path), depth)
    assert [p.name for p in path.parent.iterdir()] == [NAME]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda data: data[:-1], "truncated"),
        (lambda data: data + b"\0", "oversized"),
        (lambda data: data[:5], "less than its 12-byte header"),
        (lambda data: b"", "less than its 12-byte header"),
        (lambda data: struct.pack("<3I", 1 << 31, 320, 240) + data[12:], "2147483648 frames"),
        (lambda data: struct.pack("<3I", 0, 320, 240) + data[12:], "0 frames"),
        (lambda data: struct.pack("<3I", 1, 1 << 31, 1 << 31) + data[12:], "pixels"),
        (lambda data: data[:12] + b"\0" * (len(data) - 12), "no pixel has a depth"),
    ],
)
def test_a_damaged_file_is_named_in_one_line(tmp_path: Path, change: object, said: str) -> None:
    path = recording(tmp_path)
    path.write_bytes(change(path.read_bytes()))
    reader = MsrAction3d()
    (source,) = reader.list_videos(tmp_path)
    with pytest.raises(RawFileError, match=said) as caught:
        reader.read_video(source)
    assert NAME in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "name",
    [
        "x.bin",
        "a1_s1_e1_sdepth.bin",
        "a21_s01_e01_sdepth.bin",
        "a00_s01_e01_sdepth.bin",
        "a01_s00_e01_sdepth.bin",
        "a01_s11_e01_sdepth.bin",
    ],
)
def test_a_wrong_name_is_refused_or_collected(tmp_path: Path, name: str) -> None:
    recording(tmp_path)
    (tmp_path / name).touch()
    with pytest.raises(RawFileError, match=name):
        MsrAction3d().list_videos(tmp_path)
    bad: list[InputError] = []
    assert len(MsrAction3d().list_videos(tmp_path, bad)) == 1
    assert len(bad) == 1


def test_the_same_recording_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    recording(tmp_path)
    recording(tmp_path / "copy")
    with pytest.raises(RawFileError, match="the same recording"):
        MsrAction3d().list_videos(tmp_path)


def test_an_empty_or_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no \.bin file"):
        MsrAction3d().list_videos(tmp_path)
    with pytest.raises(InputError, match="no such folder"):
        MsrAction3d().list_videos(tmp_path / "none")


def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    (tmp_path / NAME).symlink_to(tmp_path / "gone")
    (source,) = MsrAction3d().list_videos(tmp_path)
    with pytest.raises(RawFileError, match="cannot be opened"):
        MsrAction3d().read_video(source)


@pytest.mark.real
def test_real_depth_survives_the_format(tmp_path: Path) -> None:
    """UTD-MHAD frames re-encoded as .bin come back as the same points."""
    from pcv.data.raw import utd

    root = os.environ.get("PCV_DATA")
    if not root:
        pytest.skip("PCV_DATA does not name a folder of real recordings")
    real = utd.UtdMhad()
    for source in real.list_videos(Path(root) / "utd-mhad")[::200]:
        depth = utd.read_depth_mat(source.path)
        write_depth(tmp_path / NAME, np.moveaxis(depth, 2, 0))
        reader = MsrAction3d(focal=real.focal, centre=real.centre)
        (copy,) = reader.list_videos(tmp_path)
        for one, other in zip(
            real.read_video(source).frames, reader.read_video(copy).frames, strict=True
        ):
            np.testing.assert_array_equal(one, other)
