from pathlib import Path

import numpy as np
import pytest

from pcv.clip import VideoSource
from pcv.data.raw.room import RawRoom, RoomLists, room_video
from pcv.errors import InputError, RawFileError

NAMES = [f"scene{room:04}_{scan:02}" for room in range(6) for scan in range(2)]


def test_without_lists_every_third_room_tests_with_all_its_scans(tmp_path: Path) -> None:
    splits = RoomLists().splits(tmp_path, NAMES)
    tests = [name for name in NAMES if splits[name] == "test"]
    assert tests == ["scene0002_00", "scene0002_01", "scene0005_00", "scene0005_01"]
    assert RoomLists().describe(tmp_path) == "every 3rd room tests"


def test_lists_beside_the_data_or_given(tmp_path: Path) -> None:
    (tmp_path / "tasks").mkdir()
    (tmp_path / "tasks/scannetv2_train.txt").write_text("scene0001_00\nscene0001_01\n")
    (tmp_path / "scannetv2_val.txt").write_text("scene0004_00\n")
    wanted = {"scene0001_00": "train", "scene0001_01": "train", "scene0004_00": "test"}
    assert RoomLists().splits(tmp_path, NAMES) == wanted
    before = RoomLists().describe(tmp_path)
    assert before.startswith("scannetv2_train.txt ")
    (tmp_path / "scannetv2_val.txt").write_text("scene0005_00\n")
    assert RoomLists().describe(tmp_path) != before  # another split is another store
    given = RoomLists(train=tmp_path / "scannetv2_val.txt")
    assert given.splits(tmp_path, NAMES) == {"scene0005_00": "train"}


def test_lists_that_do_not_serve_are_one_line(tmp_path: Path) -> None:
    train, val = tmp_path / "scannetv2_train.txt", tmp_path / "scannetv2_val.txt"
    train.write_text("scene0001_00\n")
    val.write_text("scene0001_01\n")
    with pytest.raises(RawFileError, match="room scene0001 is on both lists"):
        RoomLists().splits(tmp_path, NAMES)
    val.write_text("\n")
    with pytest.raises(InputError, match="lists no room"):
        RoomLists().splits(tmp_path, NAMES)
    val.write_bytes(b"\xff\xfe\xff")
    with pytest.raises(InputError, match="it is not text"):
        RoomLists().splits(tmp_path, NAMES)
    with pytest.raises(InputError, match="cannot be read: No such file"):
        RoomLists(test=tmp_path / "none.txt").splits(tmp_path, NAMES)
    (tmp_path / "more").mkdir()
    (tmp_path / "more/scannetv2_val.txt").touch()
    with pytest.raises(InputError, match="a second list beside"):
        RoomLists().splits(tmp_path, NAMES)


def test_a_room_without_colour_is_one_line(tmp_path: Path) -> None:
    source = VideoSource(tmp_path / "a", "a", -1, 0, 0, "train")
    room = RawRoom(np.zeros((4, 3)), None, None, tmp_path, None)
    with pytest.raises(RawFileError, match="its points have no colour"):
        room_video(source, room, None, unlabelled=True)
