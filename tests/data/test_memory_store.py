"""A recording in memory is the store of it."""

from pathlib import Path

import numpy as np
import pytest

from pcv.config.data import DataConfig
from pcv.data.convert import Storage
from pcv.data.dataset import ClipDataset
from pcv.data.memory_store import INDEX, MemoryStore, frame_sizes
from pcv.data.prepare import prepare
from pcv.data.raw.scannet import ScanNet
from pcv.data.scenes.dataset import SceneDataset
from pcv.data.store.store import Store, open_store
from pcv.errors import RawFileError
from tests.conftest import CloudReader, LabelledReader

STORAGES = [Storage(64, "int16", 2**-11), Storage(50, "int16", 0.001), Storage(96, "float32", None)]


@pytest.mark.parametrize("storage", STORAGES)
@pytest.mark.parametrize("centre", ["none", "video", "clip"])
def test_clips_are_those_of_the_store_to_the_bit(storage, centre, raw: Path, tmp_path: Path):
    reader = CloudReader((20, 9))
    options = {k: v for k, v in storage._asdict().items() if v is not None}
    prepare(reader, raw, tmp_path / "store", **options)
    store = open_store(tmp_path / "store")
    config = DataConfig(frames=8, points=40, scale=3.3, centre=centre)
    for row, source in enumerate(reader.list_videos(raw)):
        recorded = MemoryStore(reader, source, storage)
        assert np.array_equal(frame_sizes(recorded, 0), frame_sizes(store, row))
        wanted = ClipDataset(store, [row], config)
        found = ClipDataset(recorded, [0], config, cache=False)
        assert len(wanted) == len(found)
        for index in range(len(wanted)):
            assert np.array_equal(wanted[0, index].points, found[0, index].points)
        # Fewer points are a prefix, so a classifier needs no more of the order.
        prefix = ClipDataset(MemoryStore(reader, source, storage._replace(points=40)), [0], config)
        assert np.array_equal(prefix[0, 0].points, wanted[0, 0].points)


def test_every_stored_point_knows_which_one_it_was(raw: Path) -> None:
    reader = LabelledReader()
    source = reader.list_videos(raw)[0]
    recorded = MemoryStore(reader, source, Storage(96, "int16", 2**-11), keep=("colour",))
    assert set(recorded.columns) == {INDEX, "colour"}
    frames = reader.read_video(source)
    for frame, size in enumerate(frame_sizes(recorded, 0)):
        assert size == len(frames.frames[frame])
        row = np.array([frame])
        index = recorded.read_column(INDEX, 0, row, 96)[0, :size]
        assert sorted(index) == [*range(size)]
        points = recorded.read(0, row, 96)[0, :size] + recorded.videos.origin[0]
        assert np.abs(points - frames.frames[frame][index]).max(initial=0) <= 2**-12 + 1e-6
        colour = recorded.read_column("colour", 0, row, 96)[0, :size]
        assert np.array_equal(colour, frames.columns["colour"][frame][index])
    assert set(MemoryStore(reader, source, Storage(8, "float32", None)).columns) == {INDEX}


def test_a_room_is_the_scene_of_the_store_to_the_bit(rooms: Store, rooms_raw: Path) -> None:
    reader = ScanNet(rooms_raw, labelled=False)
    storage = Storage(9, "int16", 2**-11)  # a room keeps all its points
    config = DataConfig(frames=1, points=300, spacing=0.2, centre="clip", colour=True, normals=True)
    assert len(reader.list_videos(rooms_raw)) == len(rooms) == 3
    for row, source in enumerate(reader.list_videos(rooms_raw)):
        recorded = MemoryStore(reader, source, storage, keep=("colour", "normals"))
        assert set(recorded.columns) == {INDEX, "colour", "normals"}
        assert recorded.ordered == rooms.ordered
        size = int(rooms.videos.sizes[row])
        assert (recorded.points, recorded.videos.sizes.tolist()) == (size, [size])
        wanted, found = SceneDataset(rooms, [row], config), SceneDataset(recorded, [0], config)
        assert len(wanted) == len(found) > 1
        for item in range(len(wanted)):
            assert np.array_equal(wanted[0, item].points, found[0, item].points)
            for name in ("colour", "normals", "index"):
                columns = (wanted[0, item].columns[name], found[0, item].columns[name])
                assert np.array_equal(*columns)
        assert np.array_equal(wanted.nearest_kept(row), found.nearest_kept(0))
        index = recorded.read_column(INDEX, 0, np.zeros(1, int), size)[0]
        assert sorted(index) == [*range(size)]


def test_a_damaged_recording_is_refused(raw: Path) -> None:
    reader = CloudReader(bad=0)
    with pytest.raises(RawFileError, match="is broken"):
        MemoryStore(reader, reader.list_videos(raw)[0], STORAGES[0])
