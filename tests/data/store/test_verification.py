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


def test_a_flipped_bit_of_what_describes_a_store_is_an_error_or_changes_no_clip(
    labelled: Store, tmp_path: Path
) -> None:
    """Of labels, splits and origins, and of the type, fill value and codecs of arrays."""
    shutil.copytree(labelled.path, tmp_path / "copy")
    frames = np.arange(3)
    refused = 0
    for name in ("zarr.json", "points/zarr.json", "labels/zarr.json"):
        file = tmp_path / "copy" / name
        whole = file.read_bytes()
        for bit in range(0, len(whole) * 8, 41):
            damaged = bytearray(whole)
            damaged[bit // 8] ^= 1 << bit % 8
            file.write_bytes(damaged)
            try:
                found = open_store(tmp_path / "copy")
                clips = found.read(1, frames, 96), found.read_column("labels", 1, frames, 96)
            except StoreError:
                refused += 1
                continue
            for mine, wanted in zip(found.videos[1:], labelled.videos[1:], strict=True):
                np.testing.assert_array_equal(mine, wanted)
            np.testing.assert_array_equal(clips[0], labelled.read(1, frames, 96))
            np.testing.assert_array_equal(clips[1], labelled.read_column("labels", 1, frames, 96))
        file.write_bytes(whole)
    assert refused > 100
