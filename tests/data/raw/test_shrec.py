import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcv.data.files.depth_png import write_depth_png
from pcv.data.raw.shrec import Shrec17, hand_depth
from pcv.errors import InputError, RawFileError

TRAIN, TEST = "gesture_1/finger_1/subject_2/essai_3", "gesture_14/finger_2/subject_28/essai_1"
LINES = {"train_gestures.txt": "1 1 2 3 1 1 3 \n", "test_gestures.txt": "14 2 28 1 14 28 3\n"}


def recording(folder: Path) -> None:
    depth = np.zeros((480, 640), np.uint16)
    depth[200:230, 300:340] = 500
    depth[400:420, 10:20] = 700  # outside the box
    folder.mkdir(parents=True)
    for number in range(3):
        write_depth_png(folder / f"{number}_depth.png", depth)
    box = "1.5e+13 290 190 60 50\n"
    (folder / "general_informations.txt").write_text(3 * box)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    recording(tmp_path / TRAIN)
    recording(tmp_path / TEST)
    for name, text in LINES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize(("classes", "labels"), [(14, (0, 13)), (28, (0, 27))])
def test_lists_become_labels_subjects_and_splits(root: Path, classes: int, labels: tuple) -> None:
    reader = Shrec17(classes=classes)
    first, second = reader.list_videos(root)
    assert first[1:6] == ("gesture01_finger1_subject02_essai3", labels[0], 2, 0, "train")
    assert second[1:6] == ("gesture14_finger2_subject28_essai1", labels[1], 28, 0, "test")
    assert len(set(reader.class_names)) == classes
    assert reader.count_frames(first) == 32
    assert Shrec17(frames=0).count_frames(first) == 3


def test_points_are_metres_of_what_is_in_the_box(root: Path) -> None:
    reader = Shrec17(frames=0)
    frames = reader.read_video(reader.list_videos(root)[0]).frames
    assert len(frames) == 3
    assert 1190 <= len(frames[0]) <= 1200  # the median takes the corners
    np.testing.assert_allclose(frames[0][:, 2], 0.5)
    assert frames[0][:, 0].min() == pytest.approx((300 - 320) / 463.889 * 0.5)
    assert frames[0][:, 1].max() == pytest.approx((229 - 240) / 463.889 * 0.5)


def test_the_hand_is_the_largest_component_with_small_gaps_closed() -> None:
    depth = np.zeros((40, 60), np.uint16)
    depth[5:30, 5:20] = 400
    depth[5:30, 23:30] = 410  # three columns away: the same hand
    depth[5:10, 50:58] = 450
    found = hand_depth(depth, (0, 0, 60, 40))
    assert set(found[found > 0]) == {400, 410}
    assert not found[:, 20:23].any()
    assert not hand_depth(depth, (0, 0, 0, 0)).any()
    assert not hand_depth(depth, (-50, -50, 20, 20)).any()
    assert hand_depth(depth, (-5, -5, 500, 500)).any()


def boxes(text: str):
    return lambda root: (root / TRAIN / "general_informations.txt").write_text(text)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (boxes("1 2 3 4 5\n"), "1 boxes for 3 frames"),
        (boxes("1 2 3\n" * 3), "has a line that is no time and box"),
        (boxes("a b c d e\n" * 3), "has a line that is no time and box"),
        (boxes("1 inf 3 4 5\n" * 3), "has a line that is no time and box"),
        (boxes("1 0 0 0 0\n" * 3), "no hand in any frame"),
        (lambda r: (r / TRAIN / "general_informations.txt").unlink(), "cannot be read: No such"),
        (lambda r: (r / TRAIN / "2_depth.png").unlink(), "has 2 frames, and its list says 3"),
        (lambda r: (r / TRAIN / "1_depth.png").unlink(), "frame 1 is missing"),
        (lambda r: (r / TRAIN / "01_depth.png").touch(), "frame 1 again"),
        (lambda r: (r / TRAIN / "1_depth.png").write_bytes(b""), "empty, expected a PNG"),
        (
            lambda r: write_depth_png(r / TRAIN / "1_depth.png", np.ones((424, 512), np.uint16)),
            "512 x 424 pixels of 16-bit grey, expected 640 x 480",
        ),
    ],
)
def test_a_damaged_recording_is_named_in_one_line(root: Path, change, said: str) -> None:
    change(root)
    reader = Shrec17()
    source = reader.list_videos(root)[0]
    with pytest.raises(RawFileError, match=said) as caught:
        reader.read_video(source)
    assert "essai_3" in str(caught.value)
    assert "\n" not in str(caught.value)


def listing(text: str):
    return lambda root: (root / "train_gestures.txt").write_text(text)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda r: (r / "test_gestures.txt").unlink(), "test_gestures.txt is missing"),
        (listing(""), "lists no recording"),
        (listing("1 1 2 3 1 1\n"), "line 1 is cut short"),
        (listing("1 1 2 3 1 1 x\n"), "line 1 is cut short"),
        (listing("15 1 2 3 15 29 3\n"), "gestures are 1 to 14"),
        (listing("1 1 2 3 2 1 3\n"), "says labels 2 and 1 for gesture 1"),
        (listing(2 * LINES["train_gestures.txt"]), "the same recording"),
        (
            lambda r: shutil.rmtree(r / TRAIN),
            "is on line 1 of train_gestures.txt and not there",
        ),
        (lambda r: recording(r / "gesture_2/finger_1/subject_1/essai_1"), "on neither list"),
    ],
)
def test_lists_that_do_not_fit_are_one_line(root: Path, change, said: str) -> None:
    change(root)
    with pytest.raises(InputError, match=said) as caught:
        Shrec17().list_videos(root)
    assert "\n" not in str(caught.value)


def test_what_does_not_fit_is_collected(root: Path) -> None:
    recording(root / "gesture_2/finger_1/subject_1/essai_1")
    shutil.rmtree(root / TRAIN)
    bad: list[InputError] = []
    assert [video.split for video in Shrec17().list_videos(root, bad)] == ["test"]
    assert len(bad) == 2


def test_classes_are_14_or_28() -> None:
    with pytest.raises(InputError, match="choose 14 or 28"):
        Shrec17(classes=20)


WORD = st.sampled_from(["1", "14", "99", "x", "-1", "1" * 5000, "\u0665", "\0", "1.5"])


@given(st.lists(st.lists(WORD, max_size=8).map(" ".join), max_size=3))
def test_no_line_of_a_list_escapes_as_another_error(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str]
) -> None:
    root = tmp_path_factory.mktemp("lists")
    for name in LINES:
        (root / name).write_text("\n".join(lines))
    with pytest.raises(InputError) as caught:
        Shrec17().list_videos(root)
    assert "\n" not in str(caught.value)
