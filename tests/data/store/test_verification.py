import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import zarr

from pcv.data.store import store as module
from pcv.data.store.store import Store, open_store
from pcv.data.store.verification import changed_files, misordered_videos
from pcv.errors import StoreError


@pytest.fixture
def copy(store: Store, tmp_path: Path) -> Path:
    shutil.copytree(store.path, tmp_path / "copy")
    return tmp_path / "copy"


def test_a_whole_store_has_no_problem(labelled: Store) -> None:
    assert changed_files(labelled) == misordered_videos(labelled) == []


def test_every_array_tells_of_damage_when_it_is_read_and_when_it_is_verified(
    labelled: Store, tmp_path: Path
) -> None:
    for name in ("points", "labels", "colour"):
        shutil.copytree(labelled.path, tmp_path / name)
        file = next(f for f in (tmp_path / name / name / "c").rglob("0") if f.is_file())
        file.write_bytes(b"\xff" + file.read_bytes()[1:])
        damaged, frames = open_store(tmp_path / name), np.arange(3)
        assert len(changed_files(damaged)) == 1
        with pytest.raises(StoreError, match="checksum is wrong"):
            damaged.read(0, frames, 96) if name == "points" else damaged.read_column(
                name, 0, frames, 96
            )


def test_a_store_with_a_missing_shard_names_the_store_and_the_video(copy: Path) -> None:
    (copy / "points/c/0/0/0").unlink()
    opened = open_store(copy)
    assert changed_files(opened) == ["points/c/0/0/0: missing"]
    wanted = f"{copy}/points/c/0/0/0: missing, .*video {opened.videos.name[2]}.*prepare the store"
    with pytest.raises(StoreError, match=wanted):
        opened.read(2, np.arange(3), 8)
    assert opened.videos.name[0] in misordered_videos(opened)[0]


def test_chunks_of_an_older_store_are_read_and_said_to_be_unchecked(
    store: Store, raw, reader, tmp_path: Path, monkeypatch
) -> None:
    from pcv.data.prepare import prepare

    assert store.info()["chunks"].startswith("checked")
    create = zarr.Group.create_array

    def without_checksums(group: zarr.Group, name: str, **keys: object) -> object:
        codecs = keys.pop("compressors")
        codecs = [c for c in (codecs if isinstance(codecs, list) else [codecs])
                  if not isinstance(c, zarr.codecs.Crc32cCodec)]  # fmt: skip
        return create(group, name, compressors=codecs or None, **keys)

    monkeypatch.setattr(zarr.Group, "create_array", without_checksums)
    prepare(reader, raw, tmp_path / "old", points=64)
    old = open_store(tmp_path / "old")
    assert old.info()["chunks"] == module.UNCHECKED
    assert old.verify() == []
    for video in range(len(store)):
        frames = np.arange(store.videos.length[video])
        np.testing.assert_array_equal(old.read(video, frames, 64), store.read(video, frames, 64))


def test_an_origin_that_is_not_finite_is_refused(copy: Path) -> None:
    meta = json.loads((copy / "zarr.json").read_text())
    meta["attributes"]["videos"]["origin"][0][1] = float("nan")
    (copy / "zarr.json").write_text(json.dumps(meta))
    with pytest.raises(StoreError, match="damaged attributes: the origin"):
        open_store(copy)
