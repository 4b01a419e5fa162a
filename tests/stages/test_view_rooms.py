"""pcv view of a run that labels rooms."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pcv.errors import InputError
from pcv.stages.training import finetune
from pcv.stages.view import view
from pcv.stages.view_rooms import PIXELS, RIGHT, UNKNOWN, WRONG
from tests.stages.scene_jobs import finetuning


@pytest.fixture(scope="module")
def run(rooms, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "f"
    finetune(finetuning(rooms, out, None))
    return out


def test_rooms_stand_beside_their_truth(run, rooms, tmp_path) -> None:
    found = view(run, tmp_path / "a.png")
    assert found["rooms"] == [rooms.videos.name[1], rooms.videos.name[2]]  # those that test
    picture = np.asarray(Image.open(tmp_path / "a.png"))
    assert picture.shape[1] == 4 * (PIXELS + 6) + 6
    last = picture[16 : 16 + PIXELS, 3 * (PIXELS + 6) + 6 :].reshape(-1, 3)
    wrong, right = ((last == colour).all(1).sum() for colour in (WRONG, RIGHT))
    assert {tuple(c) for c in last.tolist()} <= {WRONG, RIGHT, UNKNOWN, (255, 255, 255)}
    # What covers the floor of a room is not what all its points are, but goes with it.
    assert abs(right / (right + wrong) - found["point_accuracy"][0]) < 0.35
    one = view(run, tmp_path / "b.png", scene=rooms.videos.name[0])
    assert one["rooms"] == [rooms.videos.name[0]]
    with Image.open(tmp_path / "b.png") as alone:
        assert alone.size[1] < picture.shape[0]


def test_what_cannot_be_shown_is_one_line(run, rooms, tmp_path, monkeypatch) -> None:
    with pytest.raises(InputError, match=r"no room x \(the first: scene0000_00"):
        view(run, tmp_path / "a.png", scene="x")
    monkeypatch.setattr("pcv.stages.view_rooms.open_store", lambda *_: rooms)
    monkeypatch.delitem(rooms.columns, "labels")
    with pytest.raises(InputError, match="holds no rooms with labels"):
        view(run, tmp_path / "a.png")
