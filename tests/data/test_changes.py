import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from pcv.data import prepare as module
from pcv.data.changes import noted, what_changed
from pcv.data.prepare import prepare
from pcv.data.raw.folder import VideoFolders
from pcv.data.store.checksum import source_checksum
from pcv.data.store.store import open_store
from pcv.errors import StoreError

NAMES = [f"{kind}/v{number}" for kind in ("run", "walk") for number in range(3)]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "mine"
    for number, name in enumerate(NAMES):
        (root / name).mkdir(parents=True)
        for frame in range(2):
            points = np.random.default_rng([number, frame]).normal(size=(20, 3))
            np.save(root / name / f"{frame}.npy", points)
    return root


def table(path: Path, **changes: str) -> Path:
    """A CSV of labels and splits; changes are by ``v0`` and so on of class ``run``."""
    lines = ["video,label,split"]
    for name in NAMES:
        label, own = name.split("/")
        lines.append(f"{name}," + changes.get(own if label == "run" else "", f"{label},train"))
    path.write_text("\n".join(lines))
    return path


def prepared(root: Path, out: Path, **options: Path):
    reader = VideoFolders(root, **options)
    return prepare(reader, root, out, points=8)


def test_the_same_recordings_are_not_prepared_again(root: Path, tmp_path: Path) -> None:
    labels = table(tmp_path / "l.csv")
    prepared(root, tmp_path / "out", labels=labels)
    before = (tmp_path / "out/zarr.json").read_bytes()
    shutil.copytree(root, tmp_path / "copy")  # other times, the same content
    for folder in (root, tmp_path / "copy"):
        assert prepared(folder, tmp_path / "out", labels=labels).videos == 6
    assert (tmp_path / "out/zarr.json").read_bytes() == before
    assert open_store(tmp_path / "out").info()["reader"]["split"] == "l.csv"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"v1": "walk,train"}, "run/v1 had the label run and has walk now"),
        ({"v1": "run,test"}, "run/v1 had the split train and has test now"),
        ({"v0": "run,VAL", "v2": "run,val"}, "run/v0 had the split train .*, and 1 more changed"),
    ],
)
def test_a_corrected_table_is_refused_with_what_changed(
    root: Path, tmp_path: Path, change: dict, said: str
) -> None:
    labels = table(tmp_path / "l.csv")
    prepared(root, tmp_path / "out", labels=labels)
    table(labels, **change)
    with pytest.raises(StoreError, match=rf"out: was prepared from other recordings: {said}"):
        prepared(root, tmp_path / "out", labels=labels)
    assert open_store(tmp_path / "out").verify() == []


def replace(root: Path) -> None:
    np.save(root / "run/v1/1.npy", np.zeros((20, 3)))


def replace_with_an_old_one(root: Path) -> None:
    replace(root)
    os.utime(root / "run/v1/1.npy", (1, 1))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (replace, "run/v1 has other files or contents now"),
        (replace_with_an_old_one, "run/v1 has other files or contents now"),
        (lambda root: (root / "run/v1/1.npy").unlink(), "run/v1 has other files or contents now"),
        (lambda root: (root / "run/v1").rename(root / "run/v7"), "run/v1 is not there any more"),
    ],
)
def test_replaced_files_are_refused_finished_or_not(
    root: Path, tmp_path: Path, change, said: str, monkeypatch
) -> None:
    (tmp_path / "s.csv").write_text("video,split\n" + "\n".join(f"{n},train" for n in NAMES))
    prepared(root, tmp_path / "out")

    def stop(*arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(module, "_finish", stop)
        with pytest.raises(KeyboardInterrupt):
            prepared(root, tmp_path / "begun")
    change(root)
    for out in ("out", "begun"):
        with pytest.raises(StoreError, match=rf"{out}: was prepared from other .*{said}"):
            prepared(root, tmp_path / out)


def test_a_table_that_changes_before_the_end_is_refused(
    root: Path, tmp_path: Path, monkeypatch
) -> None:
    labels = table(tmp_path / "l.csv")

    def stop(*arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(module, "_work", stop)
        with pytest.raises(KeyboardInterrupt):
            prepared(root, tmp_path / "out", labels=labels)
    table(labels, v1="walk,train")
    with pytest.raises(StoreError, match="run/v1 had the label run and has walk now"):
        prepared(root, tmp_path / "out", labels=labels)
    table(labels)
    assert prepared(root, tmp_path / "out", labels=labels).videos == 6


def test_content_is_read_only_where_a_file_was_touched(root: Path) -> None:
    reader = VideoFolders(root)
    (source, *_) = sources = reader.list_videos(root)
    entry = noted(source) | {"sha256": "0" * 64}
    later = (source.path / "1.npy").stat().st_ctime + 60
    assert what_changed([entry], sources, [], later) == ""
    assert what_changed([entry], sources, []).endswith("has other files or contents now")
    assert what_changed([entry | {"sha256": source_checksum(source)}], sources, []) == ""
    (source.path / "1.npy").unlink()
    assert "cannot be read any more" in what_changed([entry], sources, [], later)


def test_bad_recordings_that_were_left_out_do_not_count_as_changes(
    root: Path, tmp_path: Path
) -> None:
    (root / "run/v1/nameless.npy").write_bytes(b"")
    (root / "walk/v1/1.npy").write_bytes(b"")
    reader = VideoFolders(root)
    for _ in range(2):
        found = prepare(reader, root, tmp_path / "out", points=8, skip_bad=True)
        assert (found.videos, len(found.skipped)) == (4, 2)
    assert json.loads((tmp_path / "out/zarr.json").read_text())["attributes"]["complete"]
