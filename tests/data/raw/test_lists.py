import re
from pathlib import Path

import pytest

from pcv.clip import VideoSource
from pcv.data.raw.lists import Line, Listed, list_listed, read_lists, unlisted
from pcv.errors import InputError, RawFileError

PATTERNS = {"train": re.compile("train.txt"), "test": re.compile("test.txt")}
EXAMPLES = {"train": "train.txt", "test": "test.txt"}


def test_lines_know_their_list_and_number(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set/train.txt").write_text("a\n\n b \r\n")
    (tmp_path / "set/test.txt").write_text("c")
    lines = read_lists(tmp_path, PATTERNS, EXAMPLES)
    assert [(line.split, line.number, line.text) for line in lines] == [
        ("train", 1, "a"), ("train", 3, "b"), ("test", 1, "c"),
    ]  # fmt: skip
    assert "train.txt: line 3 is odd; mend it" in str(lines[1].wrong("is odd", "mend it"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda root: (root / "test.txt").unlink(),
            "test.txt is missing, which says",
        ),
        (lambda root: (root / "test.txt").write_text("\n"), "lists no recording"),
        (lambda root: (root / "test.txt").write_bytes(b"\xff\xfe\x00"), "it is not text"),
        (
            lambda root: ((root / "copy").mkdir(), (root / "copy/train.txt").touch()),
            "a second train list",
        ),
    ],
)
def test_a_missing_or_damaged_list_is_one_line(tmp_path: Path, change, said: str) -> None:
    for name in EXAMPLES.values():
        (tmp_path / name).write_text("a\n")
    change(tmp_path)
    with pytest.raises(InputError, match=said) as caught:
        read_lists(tmp_path, PATTERNS, EXAMPLES)
    assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match="no such folder"):
        read_lists(tmp_path / "none", PATTERNS, EXAMPLES)


def test_what_no_list_names_is_found(tmp_path: Path) -> None:
    for name in ("v1", "v2"):
        (tmp_path / name).mkdir()
    (error,) = unlisted(tmp_path, "v*", {tmp_path / "v1"})
    assert error.path == tmp_path / "v2"


def test_lists_and_folders_are_compared(tmp_path: Path) -> None:
    how = Listed(PATTERNS, EXAMPLES, "v*", lambda line: line.path.parent / line.text)

    def describe(line: Line) -> VideoSource:
        folder = how.place(line)
        if not folder.is_dir():
            raise line.missing(folder)
        return VideoSource(folder, folder.name, 0, 0, 0, line.split)

    (tmp_path / "train.txt").write_text("v2\nv1\n")
    (tmp_path / "test.txt").write_text("v3\n")
    for name in ("v1", "v2", "v3"):
        (tmp_path / name).mkdir()
    found = list_listed(tmp_path, how, describe, None)
    assert [(each.name, each.split) for each in found] == [
        ("v1", "train"), ("v2", "train"), ("v3", "test"),
    ]  # fmt: skip
    (tmp_path / "v4").mkdir()
    with pytest.raises(RawFileError, match="v4: is on neither list"):
        list_listed(tmp_path, how, describe, None)
    (tmp_path / "v3").rmdir()
    with pytest.raises(RawFileError, match=r"v3: is on line 1 of test\.txt and not there; unpack"):
        list_listed(tmp_path, how, describe, None)
    bad: list[InputError] = []
    assert [each.name for each in list_listed(tmp_path, how, describe, bad)] == ["v1", "v2"]
    assert [str(error).partition(":")[0] for error in bad] == [
        str(tmp_path / "v3"), str(tmp_path / "v4"),
    ]  # fmt: skip
