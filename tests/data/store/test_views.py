import os
from pathlib import Path

import numpy as np
import pytest

from pcv.clip import Video, VideoSource, View
from pcv.data import prepare as module
from pcv.data.prepare import prepare
from pcv.data.store.store import Store, open_store
from pcv.data.store.views import SHARD_VIEWS, slots_of
from pcv.errors import StoreError
from tests.conftest import CloudReader

COUNTS = (3, SHARD_VIEWS + 2, 1)


def view(video: int, number: int) -> View:
    rng = np.random.default_rng([video, number])
    return View(
        number * 10,
        rng.integers(0, 256, (6, 8, 3)).astype(np.uint8),
        rng.integers(0, 4000, (6, 8)).astype(np.uint16),
        rng.normal(size=(3, 3)),
        rng.normal(size=(4, 4)),
        0.001 * (video + 1),
    )


class ViewedReader(CloudReader):
    """The clouds, with views; of the last video one view fewer than announced is usable."""

    image = (6, 8)
    held_out = 3

    def count_views(self, source: VideoSource) -> int:
        number = int(source.name[1:])
        return COUNTS[number] + (number == 2)

    def read_video(self, source: VideoSource) -> Video:
        number = int(source.name[1:])
        views = [view(number, k) for k in range(COUNTS[number])]
        left_out = ("frame 9: is dark",) if number == 2 else ()
        return super().read_video(source)._replace(views=views, left_out=left_out)


@pytest.fixture(scope="module")
def viewed(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Store:
    out = tmp_path_factory.mktemp("viewed") / "store"
    prepare(ViewedReader((20, 9, 12)), raw, out, points=16)
    return open_store(out)


def test_views_come_back_as_they_were_in_any_order(viewed: Store) -> None:
    assert viewed.verify() == []
    for video, count in enumerate(COUNTS):
        numbers = np.random.default_rng(0).permutation(count)
        found = viewed.views.read(video, numbers)
        assert found.unit == 0.001 * (video + 1)
        for k, number in enumerate(numbers):
            made = view(video, int(number))
            np.testing.assert_array_equal(found.colour[k], made.colour)
            np.testing.assert_array_equal(found.depth[k], made.depth)
            np.testing.assert_array_equal(found.camera[k], made.intrinsics)
            np.testing.assert_array_equal(found.pose[k], made.world_to_camera)
            assert found.frame[k, 0] == made.frame


def test_drawing_some_views_reads_only_those(viewed: Store, monkeypatch) -> None:
    reads: list[int] = []
    pread = os.pread

    def counted(handle: int, size: int, offset: int) -> bytes:
        reads.append(size)
        return pread(handle, size, offset)

    viewed.views.read(1, np.arange(COUNTS[1]))  # indices are known from now on
    monkeypatch.setattr(os, "pread", counted)
    viewed.views.read(1, np.arange(COUNTS[1]))
    every = sum(reads)
    reads.clear()
    viewed.views.read(1, np.array([4]))
    assert len(reads) == 5
    assert sum(reads) < every / 2


def test_only_views_there_are_can_be_asked_for(viewed: Store, store: Store) -> None:
    for numbers in ([3], [-1]):
        with pytest.raises(StoreError, match="has only 3 views"):
            viewed.views.read(0, np.array(numbers))
    assert store.views is None


def test_who_tests(viewed: Store) -> None:
    views = viewed.views
    assert views.numbers(0, held_out=True).tolist() == [1]
    assert views.numbers(0, held_out=False).tolist() == [0, 2]
    assert views.numbers(1, held_out=True, every=8).tolist() == [4, 12]
    assert views.numbers(1, held_out=True, every=0).tolist() == []
    assert len(views.numbers(1, held_out=False, every=0)) == COUNTS[1]


def test_info_tells_of_views_and_frames_left_out(viewed: Store) -> None:
    facts = viewed.info()
    assert facts["views"] == sum(COUNTS)
    assert facts["view_pixels"] == "8 x 6"
    assert facts["frames_left_out"] == ["v2: frame 9: is dark"]


def files(folder: Path) -> dict[Path, bytes]:
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_videos_begin_at_a_shard_and_any_order_writes_the_same(
    raw: Path, tmp_path: Path, monkeypatch
) -> None:
    assert [slots_of(n) for n in (0, 1, 16, 17)] == [0, 16, 16, 32]
    lengths = (1000, 1000, 30)  # two tasks
    prepare(ViewedReader(lengths), raw, tmp_path / "one", points=16)
    execute = module.execute
    monkeypatch.setattr(module, "execute", lambda calls, workers: execute(calls[::-1], workers))
    prepare(ViewedReader(lengths), raw, tmp_path / "two", points=16)
    assert files(tmp_path / "one") == files(tmp_path / "two")
    assert open_store(tmp_path / "one").views.offset.tolist() == [0, 16, 48]


def test_a_store_is_finished_with_the_same_views_only(raw: Path, tmp_path: Path) -> None:
    prepare(ViewedReader((9, 9, 9)), raw, tmp_path / "out", points=16)
    again = prepare(ViewedReader((9, 9, 9)), raw, tmp_path / "out", points=16)
    assert again.notes == ["22 views", "1 frames left out; pcv info lists them all",
                           "v2: frame 9: is dark"]  # fmt: skip
    with pytest.raises(StoreError, match="a store with views"):
        prepare(CloudReader((9, 9, 9)), raw, tmp_path / "out", points=16)
