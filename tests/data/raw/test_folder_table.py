from pathlib import Path

import pytest

from pcv.data.raw.folder_table import VideoRow, draw_split, read_video_table
from pcv.errors import InputError


def test_a_table_is_read_by_its_column_names(tmp_path: Path) -> None:
    path = tmp_path / "l.csv"
    path.write_text("﻿subject, label ,video,split\n3,walk,a/1,test\n,run,b/2/,\n", encoding="utf-8")
    assert read_video_table(path, "label") == {
        "a/1": VideoRow("walk", 3, "test"),
        "b/2": VideoRow("run", -1, ""),
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "its first line names nothing"),
        ("video,class\na,b\n", "expected the columns video and label"),
        ("video,label\n", "lists no video"),
        ("video,label\na\n", "line 2: expected 2 values"),
        ("video,label\na,\n", "line 2: expected 2 values"),
        ("video,label\na,b,c\n", "line 2: expected 2 values"),
        ("video,label\na,b\na,c\n", "line 3: a is listed a second time"),
        ("video,label,split\na,b,dev\n", "line 2: the split is dev; choose train"),
        ("video,label,subject\na,b,Ann\n", "line 2: the subject is Ann; expected a number"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "l.csv").write_text(text)
    with pytest.raises(InputError, match=rf"l\.csv.*{said}"):
        read_video_table(tmp_path / "l.csv", "label")


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.csv: cannot be read: No such file"):
        read_video_table(tmp_path / "none.csv", "label")
    (tmp_path / "l.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="not UTF-8 text"):
        read_video_table(tmp_path / "l.csv", "label")


def test_the_draw_is_stratified_and_seeded() -> None:
    rows = {f"{c}{i}": VideoRow(c) for c in "ab" for i in range(10)} | {
        "c0": VideoRow("c"),
        "c1": VideoRow("c"),
    }
    drawn = draw_split(rows, 0.3, 0.2, 0)
    for label in "ab":
        kinds = [row.split for row in drawn.values() if row.label == label]
        assert (kinds.count("test"), kinds.count("validation"), kinds.count("train")) == (3, 2, 5)
    assert sorted(drawn[n].split for n in ("c0", "c1")) == ["test", "train"]
    assert drawn == draw_split(dict(reversed(rows.items())), 0.3, 0.2, 0)
    assert drawn != draw_split(rows, 0.3, 0.2, 1)


def test_the_draw_leaves_what_is_told_and_something_to_train_on() -> None:
    drawn = draw_split({"a": VideoRow("x", split="test"), "b": VideoRow("x")}, 0.9, 0.05, 0)
    assert (drawn["a"].split, drawn["b"].split) == ("test", "train")
    assert draw_split({"a": VideoRow("x"), "b": VideoRow("x")}, 0, 0, 0)["a"].split == "train"
    with pytest.raises(InputError, match="expected shares below 1"):
        draw_split({}, 0.6, 0.4, 0)
