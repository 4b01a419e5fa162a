from pathlib import Path

import numpy as np
import pytest

from pcv.data.raw.class_list import classes_of, read_class_list
from pcv.errors import InputError
from tests.mutants import refusals


def test_names_and_places(tmp_path: Path) -> None:
    (tmp_path / "classes.txt").write_text("# ids\n\n5 night stand\n1 wall\n")
    names = read_class_list(tmp_path / "classes.txt")
    assert names == {5: "night stand", 1: "wall"}
    found = classes_of(np.array([[0, 1], [5, 65535]]), names)
    assert found.tolist() == [[-1, 1], [0, -1]]
    assert found.dtype == np.int16


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "names no class"),
        ("wall", "line 1 is not an id and a name"),
        ("-1 wall", "line 1 is not"),
        ("65536 wall", "line 1 is not"),
        ("1 wall\n1 floor", "line 2 names a class again"),
        ("1 wall\n2 wall", "line 2 names a class again"),
    ],
)
def test_mistakes_are_one_line(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "classes.txt").write_text(text)
    with pytest.raises(InputError, match=said):
        read_class_list(tmp_path / "classes.txt")


def test_no_damage_escapes_as_another_error(tmp_path: Path) -> None:
    file = tmp_path / "classes.txt"
    file.write_text("# x\n0 wall\n5 chair\n40 big table\n")
    ids = np.array([0, 65535, 5])
    assert len([*refusals([file], lambda: classes_of(ids, read_class_list(file)), 400)]) > 50
