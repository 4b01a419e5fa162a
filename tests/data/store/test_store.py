import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from pcv.data.prepare import prepare
from pcv.data.store.store import Store, open_store
from pcv.errors import StoreError
from pcv.ops import farthest_points


def test_what_is_read_is_what_was_prepared_to_half_a_step(store, raw, reader) -> None:
    for row, source in enumerate(reader.list_videos(raw)):
        video = reader.read_video(source)
        found = store.read(row, np.arange(store.videos.length[row]), store.points)
        found = found + store.videos.origin[row]
        for t, frame in enumerate(video.frames):
            if not len(frame):
                np.testing.assert_array_equal(found[t], found[t - 1])
                continue
            gap = np.abs(found[t][:, None] - frame[None]).max(2).min(1)
            assert gap.max() <= store.step / 2 + 1e-6


def test_a_frame_is_placed_where_the_recording_had_it(store, raw, reader) -> None:
    source = reader.list_videos(raw)[1]
    frame = reader.read_video(source).frames[2]
    found = store.placed(1, 2, store.points)
    assert found.dtype == np.float32
    assert np.abs(found[:, None] - frame[None]).max(2).min(1).max() <= store.step / 2 + 1e-6


def test_any_prefix_is_the_farthest_point_sample(store: Store) -> None:
    for video in range(len(store)):
        whole = torch.from_numpy(store.read(video, np.arange(3), store.points))
        for count in (1, 7, 30):
            index = farthest_points(whole, count)
            assert index.tolist() == [list(range(count))] * 3
            prefix = store.read(video, np.arange(3), count)
            np.testing.assert_array_equal(prefix, whole[:, :count])


def test_the_table_and_the_facts_agree(store: Store, reader) -> None:
    assert store.videos.length.tolist() == list(reader.lengths)
    facts = store.info()
    assert facts["frames"] == sum(reader.lengths)
    assert facts["empty_frames"] == len(reader.lengths)
    assert facts["splits"] == {"test": 1, "train": 5}
    json.dumps(facts)


def test_a_whole_store_verifies_and_a_touched_one_does_not(store: Store, tmp_path: Path) -> None:
    assert store.verify() == []
    copy = tmp_path / "copy"
    shutil.copytree(store.path, copy)
    shard = copy / "count/c/0"
    shard.write_bytes(shard.read_bytes()[:-1] + b"\1")
    assert open_store(copy).verify() == ["count/c/0: its checksum changed since it was written"]
    shard.unlink()
    assert open_store(copy).verify() == ["count/c/0: missing"]


def test_a_wrong_order_is_found(store: Store, tmp_path: Path) -> None:
    import zarr

    copy = tmp_path / "copy"
    shutil.copytree(store.path, copy)
    array = zarr.open_group(copy, mode="r+")["points"]
    array[:] = array[:][:, ::-1]
    attributes = json.loads((copy / "zarr.json").read_text())
    attributes["attributes"]["shards"] = {}
    (copy / "zarr.json").write_text(json.dumps(attributes))
    assert "not in farthest-point order" in open_store(copy).verify()[0]


def test_more_points_or_frames_than_there_are_are_refused(store: Store) -> None:
    with pytest.raises(StoreError, match="65 points per frame asked for, 64 stored"):
        store.read(0, np.arange(2), 65)
    with pytest.raises(StoreError, match="no such frames"):
        store.read(0, np.array([20]), 8)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"version": 99}, "version 99"),
        ({"format": "other"}, "other"),
        ({"complete": False}, "unfinished"),
        ({"videos": {}}, "damaged attributes"),
        ({"videos": 3}, "damaged attributes"),
    ],
)
def test_another_store_is_refused(store: Store, tmp_path: Path, change: dict, said: str) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(store.path, copy)
    meta = json.loads((copy / "zarr.json").read_text())
    meta["attributes"] |= change
    (copy / "zarr.json").write_text(json.dumps(meta))
    with pytest.raises(StoreError, match=said):
        open_store(copy)


def test_not_a_store_is_refused(tmp_path: Path, store: Store) -> None:
    with pytest.raises(StoreError, match="no such store"):
        open_store(tmp_path / "none")
    with pytest.raises(StoreError, match="not a clip store"):
        open_store(tmp_path)
    (tmp_path / "zarr.json").write_text("[]")
    with pytest.raises(StoreError, match="not a clip store"):
        open_store(tmp_path)
    with pytest.raises(StoreError, match="the recipe wants msr"):
        open_store(store.path, "msr")


def test_columns_say_what_was_prepared_of_every_point(labelled: Store) -> None:
    for video in range(len(labelled)):
        frames = np.arange(labelled.videos.length[video])
        points = labelled.read(video, frames, 96) + labelled.videos.origin[video]
        labels = labelled.read_column("labels", video, frames, 96)
        sure = (np.abs(points[..., 0]) > 1e-3) & (labels >= 0)
        np.testing.assert_array_equal(labels[sure], (points[..., 0] > 0)[sure])
        colours = labelled.read_column("colour", video, frames, 40)
        shown = labels[:, :40] >= 0
        np.testing.assert_array_equal(colours[shown][:, 1], labels[:, :40][shown] * 100 + 7)


def test_points_that_only_fill_a_frame_up_have_no_label(labelled: Store) -> None:
    import zarr

    count = zarr.open_group(labelled.path, mode="r")["count"][:]
    for video in range(len(labelled)):
        labels = labelled.read_column("labels", video, np.arange(labelled.videos.length[video]), 96)
        wanted = count[labelled.videos.offset[video] :][: len(labels)]
        np.testing.assert_array_equal((labels >= 0).sum(1), wanted)
        assert wanted[3] == 0  # an empty frame repeats the one before it


def test_columns_are_verified_and_told(labelled: Store, tmp_path: Path) -> None:
    facts = labelled.info()
    assert facts["columns"] == {"labels": "int16", "colour": "uint8"}
    assert list(facts["points_a_class"]) == ["left", "right"]
    assert all(facts["points_a_class"].values())
    assert labelled.verify() == []
    copy = tmp_path / "copy"
    shutil.copytree(labelled.path, copy)
    shard = copy / "labels/c/0/0"
    shard.write_bytes(shard.read_bytes()[:-1] + b"\1")
    assert open_store(copy).verify() == ["labels/c/0/0: its checksum changed since it was written"]


def test_a_column_that_is_not_there_is_refused(labelled: Store, store: Store) -> None:
    with pytest.raises(StoreError, match=r"no normals \(columns: colour, labels\)"):
        labelled.read_column("normals", 0, np.arange(2), 8)
    with pytest.raises(StoreError, match=r"no labels \(columns: none\)"):
        store.read_column("labels", 0, np.arange(2), 8)
    with pytest.raises(StoreError, match="97 points"):
        labelled.read_column("labels", 0, np.arange(2), 97)


def test_a_number_of_points_that_fills_no_whole_chunk_is_stored_too(raw, reader, tmp_path) -> None:
    prepare(reader, raw, tmp_path / "odd", points=600)
    odd = open_store(tmp_path / "odd")
    prepare(reader, raw, tmp_path / "even", points=512)
    even = open_store(tmp_path / "even")
    frames = np.arange(3)
    assert odd.read(0, frames, 600).shape == (3, 600, 3)
    np.testing.assert_array_equal(odd.read(0, frames, 512), even.read(0, frames, 512))
    assert odd.verify() == []
