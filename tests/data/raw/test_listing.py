import re
from pathlib import Path

import pytest

from pcv.clip import VideoSource
from pcv.data.raw.listing import list_folders_holding, list_named, walk
from pcv.errors import InputError


def describe(path: Path, match: re.Match[str]) -> VideoSource:
    return VideoSource(path, match[1], 0, 0, 0, "train")


def names(root: Path, bad: list[InputError] | None = None) -> list[str]:
    found = list_named(root, ".x", re.compile(r"(\d+)\.x"), "1.x", describe, bad)
    return [source.name for source in found]


def test_order_is_by_name_not_by_folder(tmp_path: Path) -> None:
    for name in ("b/1.x", "a/2.x", "0.x", "a/note.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert names(tmp_path) == ["0", "1", "2"]


def test_only_bad_files_leave_an_empty_list_when_collected(tmp_path: Path) -> None:
    (tmp_path / "y.x").touch()
    bad: list[InputError] = []
    assert names(tmp_path, bad) == []
    assert "y.x" in str(bad[0])
    with pytest.raises(InputError):
        names(tmp_path)


def test_folders_are_found_by_what_they_hold(tmp_path: Path) -> None:
    for name in ("b/2/in", "a/1/in", "a/3/out"):
        (tmp_path / name).mkdir(parents=True)

    def as_source(path: Path) -> VideoSource:
        return VideoSource(path, path.name, 0, 0, 0, "train")

    found = list_folders_holding(tmp_path, "in", "1/in", as_source, None)
    assert [source.name for source in found] == ["1", "2"]
    with pytest.raises(InputError, match="holds no folder none; expected 1/none"):
        list_folders_holding(tmp_path, "none", "1/none", as_source, None)


def test_links_are_followed_but_not_in_a_circle_and_what_is_hidden_is_passed_over(
    tmp_path: Path,
) -> None:
    root = tmp_path / "root"
    for folder in ("a/b", ".hidden", "__MACOSX/a"):
        (root / folder).mkdir(parents=True)
    (tmp_path / "far/c").mkdir(parents=True)
    (root / "far").symlink_to(tmp_path / "far")
    (tmp_path / "far/back").symlink_to(root)
    (root / "a/b/up").symlink_to(root / "a")
    (root / "a/own").symlink_to(tmp_path)
    (root / "a/._x").touch()
    found = [(str(Path(folder).relative_to(root)), names) for folder, _, names in walk(root)]
    assert sorted(found) == [(".", []), ("a", []), ("a/b", []), ("far", []), ("far/c", [])]
