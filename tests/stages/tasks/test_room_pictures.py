"""pcv view of a run that labels rooms."""

import numpy as np
import pytest
from PIL import Image

from pcv.data.splits import Split
from pcv.errors import InputError
from pcv.stages.tasks.room_pictures import PIXELS, RIGHT, UNKNOWN, WRONG
from pcv.stages.view import view


def columns(path) -> list[np.ndarray]:
    """Of the first row."""
    with Image.open(path) as image:
        whole = np.asarray(image)
    count = (whole.shape[1] - 6) // (PIXELS + 6)
    lefts = [6 + n * (PIXELS + 6) for n in range(count)]
    return [whole[16 : 16 + PIXELS, left : left + PIXELS].reshape(-1, 3) for left in lefts]


def test_rooms_stand_beside_their_truth(room_run, rooms, tmp_path) -> None:
    found = view(room_run.run, tmp_path / "a.png")
    assert found["rooms"] == [rooms.videos.name[1], rooms.videos.name[2]]  # those that test
    *_, last = parts = columns(tmp_path / "a.png")
    assert len(parts) == 4
    wrong, right = ((last == colour).all(1).sum() for colour in (WRONG, RIGHT))
    assert {tuple(c) for c in last.tolist()} <= {WRONG, RIGHT, UNKNOWN, (255, 255, 255)}
    # What covers the floor of a room is not what all its points are, but goes with it.
    assert abs(right / (right + wrong) - found["point_accuracy"][0]) < 0.35
    one = view(room_run.run, tmp_path / "b.png", scene=rooms.videos.name[0])
    assert one["rooms"] == [rooms.videos.name[0]]
    with Image.open(tmp_path / "a.png") as two, Image.open(tmp_path / "b.png") as alone:
        assert alone.size[1] < two.size[1]


def test_objects_are_shown_where_a_run_finds_them(object_run, tmp_path) -> None:
    assert len(view(object_run.run, tmp_path / "a.png", views=1)["rooms"]) == 1
    parts = columns(tmp_path / "a.png")
    assert len(parts) == 6
    assert len({tuple(colour) for colour in parts[4].tolist()}) > 4  # true objects


def test_what_cannot_be_shown_is_one_line(room_run, rooms, tmp_path, monkeypatch) -> None:
    with pytest.raises(InputError, match=r"no room x \(the first: scene0000_00"):
        view(room_run.run, tmp_path / "a.png", scene="x")
    monkeypatch.setattr("pcv.stages.finished.open_store", lambda *_: rooms)
    nothing = Split(*[np.empty(0, np.int64)] * 3)
    with monkeypatch.context() as patch:
        patch.setattr("pcv.stages.tasks.room_pictures.split_of", lambda *_: nothing)
        with pytest.raises(InputError, match="no room tests"):
            view(room_run.run, tmp_path / "a.png")
    monkeypatch.delitem(rooms.columns, "labels")
    with pytest.raises(InputError, match="holds no rooms with labels"):
        view(room_run.run, tmp_path / "a.png")
