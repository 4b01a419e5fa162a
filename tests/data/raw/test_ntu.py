from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from pcv.data.files.depth_png import write_depth_png
from pcv.data.prepare import prepare
from pcv.data.raw.ntu import CLASS_NAMES, NtuRgbd
from pcv.data.store.store import open_store
from pcv.errors import InputError, RawFileError

NAME = "S002C003P005R001A060"
# Who was recorded in setups 1 to 17, and from 18 on: the published frame lists.
PEOPLE = (
    (1, 2, 3, 4, 5, 6, 7, 8), (3, 7, 8, 9, 10, 11, 12, 13, 14), (1, 2, 7, 8, 15, 16, 17, 18, 19),
    (3, 7, 8, 20), (4, 10, 13, 15, 16, 17, 18, 21), (1, 7, 8, 15, 16, 17, 19, 22, 23, 24),
    (1, 7, 8, 15, 16, 17, 18, 19, 25, 26, 27, 28),
    (1, 7, 8, 15, 19, 25, 29, 30, 31, 32, 33, 34, 35, 36), (7, 8, 15, 16, 17, 19, 25),
    (7, 8, 13, 15, 16, 17, 18, 19, 21, 25), (1, 2, 7, 8, 15, 16, 17, 18, 19, 25, 27, 28, 38),
    (7, 8, 15, 16, 17, 18, 19, 25, 27, 28, 37), (7, 8, 15, 16, 17, 18, 19, 25, 27, 28, 37),
    (7, 8, 15, 17, 19, 25, 27, 37, 39), (7, 8, 15, 16, 17, 19, 25, 37),
    (7, 8, 19, 21, 25, 39, 40), (3, 7, 8, 9, 15, 16, 17, 20),
)  # fmt: skip
LATER = (
    (8, 41, 42, 43, 44, 45), (8, 41, 42, 46, 47, 48, 49, 50, 51), (8, 41, 43, 44, 52, 53, 54),
    (55, 56, 57, 58, 59, 60), (61, 62, 63, 64, 65, 66, 67),
    (55, 56, 57, 58, 59, 60, 61, 62, 63, 64, 65, 66, 67, 68), (57, 60, 61, 62, 63, 64, 67),
    (55, 56, 58, 59, 65, 66, 68), (8, 41, 44, 49, 50, 51, 69, 70, 71, 72, 74, 75, 76, 77),
    (6, 8, 11, 41, 43, 44, 78, 79, 80, 81, 82, 83, 84, 85, 86),
    (8, 41, 42, 43, 46, 48, 70, 73, 87), (6, 8, 41, 43, 44, 48, 49, 51, 67, 74, 75, 80, 88, 89, 90),
    (8, 11, 41, 43, 44, 48, 67, 75, 76, 81, 85, 88, 91, 92, 93, 94, 95, 96),
    (6, 8, 41, 42, 43, 44, 51, 67, 82, 85, 96, 97, 98, 99, 100, 101),
    (8, 41, 43, 44, 67, 102, 103, 104, 105, 106),
)  # fmt: skip


def recording(root: Path, name: str = NAME, frames: int = 2) -> Path:
    depth = np.zeros((424, 512), np.uint16)
    depth[200:220, 300:330] = 3000
    (root / name).mkdir(parents=True)
    for number in range(1, frames + 1):
        write_depth_png(root / name / f"MDepth-{number:08}.png", depth)
    return root / name


def walk_of_names(names: list[str]):
    """What os.walk says of a folder of recordings, without a hundred thousand of them."""
    return lambda root, onerror: iter([(str(root), names, [])])


@pytest.mark.parametrize(
    ("classes", "split", "train", "test"),
    [
        (60, "cross-subject", 40_320, 16_560),
        (60, "cross-view", 37_920, 18_960),
        (120, "cross-subject", 63_360, 51_120),
        (120, "cross-setup", 54_720, 59_760),
    ],
)
def test_splits_hold_as_many_as_published(
    tmp_path: Path, monkeypatch, classes: int, split: str, train: int, test: int
) -> None:
    setups = [(s, people, range(1, 61)) for s, people in enumerate(PEOPLE, 1)]
    if classes == 120:
        setups += [(s, people, range(61, 121)) for s, people in enumerate(LATER, 18)]
    names = [
        f"S{setup:03}C{camera:03}P{subject:03}R{again:03}A{action:03}"
        for setup, people, actions in setups
        for subject in people
        for action in actions
        for camera in (1, 2, 3)
        for again in (1, 2)
    ]
    monkeypatch.setattr("pcv.data.raw.listing.os.walk", walk_of_names(names))
    videos = NtuRgbd(classes=classes, split=split).list_videos(tmp_path)
    assert Counter(video.split for video in videos) == {"train": train, "test": test}
    labels = Counter(video.label for video in videos if video.split == "train")
    assert set(labels) == set(range(classes))
    if (classes, split) == (60, "cross-subject"):
        assert set(labels.values()) == {672}


def test_names_become_labels_subjects_cameras_and_splits(tmp_path: Path) -> None:
    recording(tmp_path / "nturgb+d_depth_masked")
    (video,) = NtuRgbd().list_videos(tmp_path)
    assert video[1:6] == (NAME, 59, 5, 3, "train")
    assert len(NtuRgbd().class_names) == 60
    assert len(set(CLASS_NAMES)) == 120


def test_points_are_metres_from_the_image_centre(tmp_path: Path) -> None:
    recording(tmp_path)
    reader = NtuRgbd()
    (source,) = reader.list_videos(tmp_path)
    frames = reader.read_video(source).frames
    assert len(frames) == 2
    wanted = [(300 - 256) / 280 * 3, (200 - 212) / 280 * 3, 3]
    np.testing.assert_allclose(frames[0][0], wanted, rtol=1e-6)


def test_counting_frames_decodes_nothing(tmp_path: Path, monkeypatch) -> None:
    folder = recording(tmp_path)
    for path in folder.iterdir():
        path.write_bytes(b"")
    (folder / "Thumbs.db").touch()
    (folder / "._MDepth-00000001.png").touch()
    (source,) = NtuRgbd().list_videos(tmp_path)
    assert NtuRgbd().count_frames(source) == 2


def test_a_frame_without_foreground_is_an_empty_frame(tmp_path: Path) -> None:
    folder = recording(tmp_path)
    write_depth_png(folder / "MDepth-00000003.png", np.zeros((424, 512), np.uint16))
    (source,) = NtuRgbd().list_videos(tmp_path)
    assert [len(frame) for frame in NtuRgbd().read_video(source).frames] == [600, 600, 0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda f: (f / "MDepth-00000001.png").write_bytes(b"\x89PNG"), "not a PNG"),
        (lambda f: (f / "MDepth-00000002.png").unlink(), "frame 2 is missing"),
        (lambda f: [p.unlink() for p in f.iterdir()], "no frame, expected"),
        (lambda f: (f / "MDepth-1.png").touch(), "frame 1 again, like MDepth-00000001.png"),
        (lambda f: (f / "rgb-1.png").touch(), "no name of a frame"),
        (
            lambda f: write_depth_png(f / "MDepth-00000001.png", np.ones((240, 320), np.uint16)),
            "320 x 240 pixels of 16-bit grey, expected 512 x 424",
        ),
        (
            lambda f: [write_depth_png(p, np.zeros((424, 512), np.uint16)) for p in f.iterdir()],
            "no pixel has a depth",
        ),
    ],
)
def test_a_damaged_recording_is_named_in_one_line(tmp_path: Path, change, said: str) -> None:
    change(recording(tmp_path, frames=3))
    reader = NtuRgbd()
    (source,) = reader.list_videos(tmp_path)
    with pytest.raises(RawFileError, match=said) as caught:
        reader.read_video(source)
    assert NAME in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("S001C001P001R001A061", "use --classes 120"),
        ("S001C001P001R001A000", "action 0, expected 1 to 60"),
        ("S018C001P001R001A001", "expected setups 1 to 17"),
        ("S001C004P001R001A001", "camera 4"),
        ("S001C001P041R001A001", "subject 41"),
        ("a01_s01_e01", "its name does not say what it is"),
    ],
)
def test_a_folder_of_another_dataset_is_refused_or_collected(
    tmp_path: Path, name: str, said: str
) -> None:
    recording(tmp_path)
    recording(tmp_path, name)
    with pytest.raises(RawFileError, match=said):
        NtuRgbd().list_videos(tmp_path)
    bad: list[InputError] = []
    assert len(NtuRgbd().list_videos(tmp_path, bad)) == 1
    assert name in str(bad[0])


def test_a_recording_twice_an_empty_and_a_missing_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no folder of frames; expected names such as S001"):
        NtuRgbd().list_videos(tmp_path)
    with pytest.raises(InputError, match="no such folder"):
        NtuRgbd().list_videos(tmp_path / "none")
    recording(tmp_path / "a")
    recording(tmp_path / "b")
    with pytest.raises(RawFileError, match="the same recording"):
        NtuRgbd().list_videos(tmp_path)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"classes": 61}, "choose 60 or 120"),
        ({"split": "cross-setup"}, "NTU RGB.D 60 has cross-subject or cross-view"),
        ({"classes": 120, "split": "cross-view"}, "has cross-subject or cross-setup"),
    ],
)
def test_a_split_that_is_not_published_is_refused(options: dict, said: str) -> None:
    with pytest.raises(InputError, match=said):
        NtuRgbd(**options)


def test_a_store_tells_which_folders_were_read_and_dropped(tmp_path: Path) -> None:
    recording(tmp_path / "raw/s1")
    broken = recording(tmp_path / "raw/s1", "S001C001P001R001A001")
    (broken / "MDepth-00000002.png").write_bytes(b"")
    summary = prepare(NtuRgbd(), tmp_path / "raw", tmp_path / "out", points=64, skip_bad=True)
    assert summary.skipped == [
        "s1/S001C001P001R001A001/MDepth-00000002.png: empty, expected a PNG; "
        "unpack it again from the archive"
    ]
    store = open_store(tmp_path / "out")
    assert list(store.attributes["manifest"]) == [f"s1/{NAME}"]
    assert store.videos.camera.tolist() == [3]
