"""What is written appears whole or not at all."""

import os
from pathlib import Path

import pytest

from pcv import whole
from pcv.whole import aside, vacant, whole_file, whole_folder


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("shared", [False, True])
def test_a_file_appears_at_the_end(tmp_path: Path, shared: bool) -> None:
    path = tmp_path / "a.json"
    path.write_text("old")
    with whole_file(path, shared=shared) as partial:
        partial.write_text("new")
        assert path.read_text() == "old"
        own = f".{os.getpid()}" if shared else ""
        assert partial == tmp_path / f".a.json{own}.part"
    assert path.read_text() == "new"
    assert names(tmp_path) == ["a.json"]


@pytest.mark.parametrize("failure", [ValueError, KeyboardInterrupt])
@pytest.mark.parametrize("begun", [False, True])
def test_a_failure_leaves_the_old_file_alone(tmp_path: Path, failure, begun: bool) -> None:
    path = tmp_path / "a.json"
    path.write_text("old")

    def write() -> None:
        with whole_file(path) as partial:
            if begun:
                partial.write_text("new")
            raise failure

    with pytest.raises(failure):
        write()
    assert path.read_text() == "old"
    assert names(tmp_path) == ["a.json"]


def test_a_failure_is_told_even_where_nothing_can_be_cleaned_up(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(KeyError), whole_file(tmp_path / "file" / "a.json"):
        raise KeyError


def test_what_a_kill_left_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / ".a.part").mkdir()
    (tmp_path / ".a.part" / "left").write_text("over")
    with whole_folder(tmp_path / "a") as partial:
        assert names(partial) == []
    assert names(tmp_path) == ["a"]


@pytest.mark.parametrize("shared", [False, True])
def test_a_folder_appears_at_the_end(tmp_path: Path, shared: bool) -> None:
    path = tmp_path / "above" / "a"
    with whole_folder(path, shared=shared) as partial:
        (partial / "one").write_text("1")
        assert not path.exists()
    assert names(path) == ["one"]
    assert names(path.parent) == ["a"]


@pytest.mark.parametrize("shared", [False, True])
def test_an_older_folder_gives_way_where_asked(tmp_path: Path, shared: bool) -> None:
    path = tmp_path / "a"
    for name in ("one", "two"):
        with whole_folder(path, over=True, shared=shared) as partial:
            (partial / name).write_text(name)
    assert names(path) == ["two"]
    assert names(tmp_path) == ["a"]


def test_an_older_folder_stays_where_nobody_asked(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.mkdir()
    with whole_folder(path) as partial:  # one that is empty is no loss
        (partial / "one").write_text("1")
    with pytest.raises(OSError, match="not empty"), whole_folder(path) as partial:
        (partial / "two").write_text("2")
    assert names(path) == ["one"]
    assert names(tmp_path) == ["a"]


@pytest.mark.parametrize("failure", [ValueError, KeyboardInterrupt])
def test_a_failure_leaves_the_old_folder_alone(tmp_path: Path, failure) -> None:
    path = tmp_path / "a"
    path.mkdir()
    (path / "one").write_text("1")

    def write() -> None:
        with whole_folder(path, over=True) as partial:
            (partial / "two").write_text("2")
            raise failure

    with pytest.raises(failure):
        write()
    assert names(path) == ["one"]
    assert names(tmp_path) == ["a"]


def test_a_kill_between_the_renames_leaves_the_old_folder_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a"
    path.mkdir()
    (path / "one").write_text("1")
    rename = Path.rename

    def killed(self: Path, target: Path) -> Path:
        if target == path:
            raise KeyboardInterrupt
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", killed)
    with pytest.raises(KeyboardInterrupt), whole_folder(path, over=True):
        pass
    assert not path.exists()
    assert names(aside(path)) == ["one"]


def test_bytes_are_on_the_disk_before_the_place_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[tuple[str, bool]] = []
    monkeypatch.setattr(
        whole, "sync", lambda path: synced.append((path.name, (tmp_path / "a").exists()))
    )
    with whole_file(tmp_path / "a", synced=True) as partial:
        partial.write_text("1")
    (tmp_path / "a").unlink()
    with whole_folder(tmp_path / "a", synced=True) as partial:
        (partial / "one").write_text("1")
    assert synced == [(".a.part", False), ("one", False)]


def test_what_may_be_written_is_new_or_an_empty_folder(tmp_path: Path) -> None:
    assert vacant(tmp_path / "a")
    assert vacant(tmp_path)
    (tmp_path / "a").touch()
    assert not vacant(tmp_path / "a")
    assert not vacant(tmp_path)
