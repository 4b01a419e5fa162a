"""pcv view: a picture of held-out views."""

import numpy as np
import pytest
from PIL import Image

from pcv.errors import InputError
from pcv.stages.view import view
from tests.stages.posed_jobs import posed_run, posed_store


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("posed")
    return posed_run(posed_store(folder).path, folder / "run")


def test_real_and_drawn_stand_side_by_side(run, tmp_path):
    found = view(run, tmp_path / "a.png", views=2)
    assert (found["scene"], found["frames"], found["views"]) == ("a", [1, 4], 2)
    picture = np.asarray(Image.open(tmp_path / "a.png"))
    assert picture.shape == (16 + 2 * (240 + 6), 6 + 5 * (320 + 6), 3)
    assert picture.std() > 10
    assert view(run, tmp_path / "b.png", scene="b", views=1)["frames"] == [1]


def test_what_cannot_be_shown_is_one_line(run, tmp_path):
    with pytest.raises(InputError, match=r"ends with \.png"):
        view(run, tmp_path / "a.jpg")
    with pytest.raises(InputError, match=r"no recording c \(the first: a, b\)"):
        view(run, tmp_path / "a.png", scene="c")
    with pytest.raises(InputError, match="not a run folder"):
        view(tmp_path, tmp_path / "a.png")
