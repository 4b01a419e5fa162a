import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcv.data.files.movie import write_grey
from pcv.data.prepare import prepare
from pcv.data.raw.nvgesture import EXAMPLES, NvGesture, hand_levels
from pcv.data.store.store import open_store
from pcv.errors import InputError, RawFileError

pytest.importorskip("av")
TRAIN, TEST = "Video_data/class_03/subject3_r0", "Video_data/class_25/subject13_r1"


def line(place: str, span: str = "2:12", label: int = 3) -> str:
    return f"path:./{place} depth:sk_depth:{span} color:sk_color:7:9 label:{label} \n"


def film(folder: Path, level: int = 130) -> None:
    images = np.zeros((14, 240, 320), np.uint8)
    for t in range(14):
        images[t, 100:140, 150 + t : 190 + t] = level
    folder.mkdir(parents=True)
    write_grey(folder / "sk_depth.avi", images)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("nvgesture")
    film(root / TRAIN)
    film(root / TEST)
    (root / EXAMPLES["train"]).write_text(line(TRAIN))
    (root / EXAMPLES["test"]).write_text(line(TEST, label=25))
    return root


@pytest.fixture
def root(whole: Path, tmp_path: Path) -> Path:
    shutil.copytree(whole, tmp_path / "raw")
    return tmp_path / "raw"


def test_lists_become_labels_subjects_splits_and_spans(root: Path) -> None:
    first, second = NvGesture().list_videos(root)
    assert first[1:-1] == ("class_03_subject3_r0", 2, 3, 0, "train", (2, 12))
    assert second[1:-1] == ("class_25_subject13_r1", 24, 13, 0, "test", (2, 12))
    assert NvGesture().count_frames(first) == 32
    assert NvGesture(frames=0).count_frames(first) == 10


def test_points_are_metres_in_the_depth_cameras_own_pinhole(root: Path) -> None:
    reader = NvGesture(frames=0, unit=0.004)
    source = reader.list_videos(root)[0]
    frames = reader.read_video(source).frames
    assert len(frames) == 10
    z = (255 - 130) * 0.004
    for t, points in enumerate(frames, 2):
        assert np.median(points[:, 2]) == pytest.approx(z, abs=0.01)
        # The hand spans columns 150 + t to 189 + t and rows 100 to 139, less one all round.
        low, high = (151 + t - 160) / 224.502 * z, (188 + t - 160) / 224.502 * z
        assert points[:, 0].min() == pytest.approx(low, abs=0.008)
        assert points[:, 0].max() == pytest.approx(high, abs=0.008)
        assert points[:, 1].max() == pytest.approx((138 - 120) / 230.494 * z, abs=0.008)


def test_the_hand_is_the_largest_near_thing_eroded() -> None:
    levels = np.zeros((20, 30), np.uint8)
    levels[2:10, 2:12] = 150
    levels[14:16, 20:22] = 200  # speckle
    levels[:, 28] = 5  # noise of the codec
    depth = hand_levels(levels)
    rows, columns = depth.nonzero()
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (3, 8, 3, 10)
    assert set(depth[depth > 0]) == {105}
    assert not hand_levels(np.zeros((4, 4), np.uint8)).any()


def unlist(root: Path) -> None:
    (root / EXAMPLES["train"]).write_text("\n")


def cut(root: Path) -> None:
    (root / EXAMPLES["train"]).write_text(line(TRAIN)[:50])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda r: (r / EXAMPLES["test"]).unlink(), "test_correct_cvpr2016_v2.lst is missing"),
        (unlist, "lists no recording"),
        (cut, "line 1 is cut short"),
        (lambda r: film(r / "Video_data/class_04/subject1_r0"), "on neither list"),
        (lambda r: shutil.rmtree(r / TEST), "is on line 1 of .* and not there"),
        (
            lambda r: (r / EXAMPLES["test"]).write_text(line(TEST) + line(TRAIN)),
            "the same recording as",
        ),
        (lambda r: (r / EXAMPLES["test"]).write_text(line(TEST, label=26)), "says label 26"),
        (lambda r: (r / EXAMPLES["test"]).write_text(line(TEST, "9:3")), "frames 9 to 3"),
    ],
)
def test_lists_that_do_not_fit_are_one_line(root: Path, change, said: str) -> None:
    change(root)
    with pytest.raises(InputError, match=said) as caught:
        NvGesture().list_videos(root)
    assert "\n" not in str(caught.value)


def test_what_does_not_fit_is_collected(root: Path) -> None:
    film(root / "Video_data/class_04/subject1_r0")
    shutil.rmtree(root / TEST)
    bad: list[InputError] = []
    assert len(NvGesture().list_videos(root, bad)) == 1
    assert ["and not there" in str(error) for error in bad] == [True, False]


def test_a_film_without_a_hand_is_refused(root: Path) -> None:
    shutil.rmtree(root / TEST)
    film(root / TEST, level=0)
    reader = NvGesture()
    with pytest.raises(RawFileError, match="no hand in any frame"):
        reader.read_video(reader.list_videos(root)[1])


def test_manifests_name_every_film_by_its_folder(root: Path, tmp_path: Path) -> None:
    prepare(NvGesture(frames=4), root, tmp_path / "out", points=32)
    manifest = open_store(tmp_path / "out").attributes["manifest"]
    assert sorted(manifest) == [f"{TRAIN}/sk_depth.avi", f"{TEST}/sk_depth.avi"]


WORD = st.sampled_from(
    ["path:./Video_data/class_03/subject3_r0", "path:" + "a" * 5000, "depth:sk_depth:1:2",
     "label:3", "label:" + "1" * 5000, "depth:sk_depth:" + "1" * 5000 + ":3", "\0",
     "path:../../etc", ":"]
)  # fmt: skip


@given(st.lists(st.lists(WORD, max_size=5).map(" ".join), max_size=3))
def test_no_line_of_a_list_escapes_as_another_error(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str]
) -> None:
    root = tmp_path_factory.mktemp("lists")
    for name in EXAMPLES.values():
        (root / name).write_text("\n".join(lines))
    with pytest.raises(InputError) as caught:
        NvGesture().list_videos(root)
    assert "\n" not in str(caught.value)


@pytest.mark.real
def test_real_hands_are_as_large_as_hands(tmp_path: Path) -> None:
    data = os.environ.get("PCV_DATA")
    if not data:
        pytest.skip("PCV_DATA does not name a folder of real recordings")
    bad: list[InputError] = []
    reader = NvGesture(frames=8)
    videos = reader.list_videos(Path(data) / "nvgesture-mini", bad)
    assert len(videos) == 50
    assert {video.label for video in videos} == set(range(25))
    assert {video.split for video in videos} == {"train"}
    assert len(bad) == 50  # the videos of its test list are not there
    reach, distance = [], []
    for video in videos[::7]:
        for frame in reader.read_video(video).frames:
            if len(frame) > 200:
                reach.append(np.ptp(frame[:, 0]))
                distance.append(np.median(frame[:, 2]))
    assert 0.05 < np.median(reach) < 0.35  # metres across: hands, and hands with forearms
    assert 0.3 < np.median(distance) < 0.8
