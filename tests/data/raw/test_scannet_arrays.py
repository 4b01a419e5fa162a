import os
from pathlib import Path

import numpy as np
import pytest

from pcv.data.prepare import prepare
from pcv.data.raw.scannet import ScanNet
from pcv.data.store.store import open_store
from pcv.errors import RawFileError


def room(root: Path, name: str = "scene0000_00", points: int = 200) -> Path:
    """A floor of three classes, the last of which the 20 do not name."""
    root.mkdir(exist_ok=True)
    rng = np.random.default_rng(int(name[5:9]))
    xyz = rng.uniform(0, 3, (points, 3)) * [1, 1, 0.001]
    values = np.hstack([xyz, rng.integers(0, 256, (points, 3))]).astype(np.float32)
    np.save(root / f"{name}_vert.npy", values)
    labels = np.resize([2, 7, 40], points).astype(np.uint32)
    np.save(root / f"{name}_sem_label.npy", labels)
    np.save(root / f"{name}_ins_label.npy", np.resize([1, 2, 0], points).astype(np.uint32))
    return root / f"{name}_vert.npy"


def read(root: Path, **options: object):
    reader = ScanNet(root, **options)
    (source,) = reader.list_videos(root)
    return reader, reader.read_video(source)


def test_a_room_is_one_frame_with_all_columns(tmp_path: Path) -> None:
    values = np.load(room(tmp_path))
    reader, video = read(tmp_path)
    np.testing.assert_array_equal(video.frames[0], values[:, [0, 2, 1]] * [1, -1, 1])
    np.testing.assert_array_equal(video.columns["colour"][0], values[:, 3:])
    names = [reader.point_class_names[i] if i >= 0 else "" for i in video.columns["labels"][0][:3]]
    assert names == ["floor", "table", ""]
    assert video.columns["instances"][0][:3].tolist() == [0, 1, -1]
    assert (np.abs(video.columns["normals"][0][:, 1]) > 120).mean() > 0.95  # it is flat


def broken(root: Path, end: str, change) -> Path:
    path = root / f"scene0000_00{end}"
    if callable(change):
        np.save(path, change(np.load(path)))
    else:
        path.write_bytes(path.read_bytes()[:change])
    return path


def spoil(values: np.ndarray, place: tuple[int, ...], value: float) -> np.ndarray:
    values[place] = value
    return values


@pytest.mark.parametrize(
    ("end", "change", "said"),
    [
        ("_vert.npy", lambda v: spoil(v, (3, 1), np.nan), "1 of 200 points are not finite"),
        ("_vert.npy", lambda v: spoil(v, (3, 4), 256), "colours beyond 0 to 255"),
        ("_vert.npy", lambda v: spoil(v, (3, 4), -1), "colours beyond 0 to 255"),
        ("_vert.npy", lambda v: spoil(v, (3, 4), np.nan), "colours beyond 0 to 255"),
        ("_vert.npy", lambda v: v[:, :5], r"shape \(200, 5\), expected numbers \(n, 6\)"),
        ("_vert.npy", lambda v: v[:0], "0 points|holds no point"),
        ("_vert.npy", 300, "cannot be read as NumPy arrays"),
        ("_sem_label.npy", lambda v: v + 100, "unknown class ids 102, 107, 140.*; copy it again"),
        ("_sem_label.npy", lambda v: v[:-1], "199 labels for 200 points"),
        ("_sem_label.npy", lambda v: v + 0.5, "labels that are not whole numbers"),
        ("_sem_label.npy", 90, "cannot be read as NumPy arrays"),
        ("_ins_label.npy", lambda v: v[:-3], "197 labels for 200 points"),
        ("_ins_label.npy", lambda v: v + 40_000, "instances 39999 to 40001"),
    ],
)
def test_damage_is_one_line_and_writes_nothing(tmp_path: Path, end: str, change, said) -> None:
    raw = tmp_path / "raw"
    room(raw)
    broken(raw, end, change)
    with pytest.raises(RawFileError, match=rf"scene0000_00_.*({said})") as caught:
        prepare(ScanNet(raw), raw, tmp_path / "store", points=1 << 20)
    assert "\n" not in str(caught.value)
    assert not [*tmp_path.glob("store/points/c/**/*")]


@pytest.mark.parametrize("strange", [50, 149, 41, 65535, -100])
def test_ids_that_nyu40_lacks_are_ignored_and_counted(tmp_path: Path, strange: int) -> None:
    """As by the benchmark: scans have vertices of 50 and 149."""
    raw = tmp_path / "raw"
    room(raw)
    path = next(raw.rglob("*_sem_label.npy"))
    ids = np.load(path).astype(np.int64)
    np.save(path, ids)
    before = read(raw)[1].columns["labels"][0]
    ids[5:8] = strange
    np.save(path, ids)
    after = read(raw)[1].columns["labels"][0]
    assert after[5:8].tolist() == [-1, -1, -1]
    np.testing.assert_array_equal(np.delete(after, [5, 6, 7]), np.delete(before, [5, 6, 7]))
    summary = prepare(ScanNet(raw), raw, tmp_path / "store", points=1 << 20)
    said = f"scene0000_00_sem_label.npy: 3 points of id {strange}, which is no class, ignored"
    assert summary.notes == [f"scene0000_00: {said}"]


def test_pickled_arrays_are_never_loaded(tmp_path: Path) -> None:
    path = room(tmp_path)
    np.save(path, np.array([os.system, "true"], object), allow_pickle=True)
    with pytest.raises(RawFileError, match="pickled objects, which are never loaded"):
        read(tmp_path)


def test_rooms_without_labels_are_taken_only_when_asked_for(tmp_path: Path) -> None:
    path = room(tmp_path)
    (tmp_path / "scene0000_00_sem_label.npy").unlink()
    (tmp_path / "scene0000_00_ins_label.npy").unlink()
    with pytest.raises(RawFileError, match="its points have no labels; copy them, or give --unla"):
        read(tmp_path)
    _, video = read(tmp_path, unlabelled=True)
    assert set(video.columns["labels"][0]) == set(video.columns["instances"][0]) == {-1}
    prepare(ScanNet(tmp_path, unlabelled=True), path.parent, tmp_path / "store", points=300)
    assert sum(open_store(tmp_path / "store").attributes["class_points"]) == 0


def test_nyu40_ids_do_not_tell_200_classes(tmp_path: Path) -> None:
    room(tmp_path)
    with pytest.raises(RawFileError, match="do not tell 200 classes apart; use --classes 20"):
        read(tmp_path, classes=200)


def test_more_points_than_are_stored_is_one_line(tmp_path: Path) -> None:
    room(tmp_path)
    with pytest.raises(RawFileError, match="200 points, more than --points 150; raise --points"):
        prepare(ScanNet(tmp_path), tmp_path, tmp_path / "store", points=150)


@pytest.mark.real
def test_real_rooms(tmp_path: Path) -> None:
    folder = os.environ.get("PCV_DATA")
    if not folder or not Path(folder, "scannet").is_dir():
        pytest.skip("PCV_DATA does not name a folder of real recordings")
    raw = Path(folder, "scannet")
    summary = prepare(ScanNet(raw), raw, tmp_path / "store", points=1 << 20, limit=3)
    store = open_store(tmp_path / "store")
    assert (summary.videos, store.videos.split.tolist()) == (3, ["train", "train", "test"])
    assert store.videos.sizes.tolist() == [50_000] * 3
    assert store.verify() == []
    frame = np.zeros(1, np.int64)
    labels, normals = (store.read_column(n, 0, frame, 50_000)[0] for n in ("labels", "normals"))
    upward = normals[labels == store.point_class_names.index("floor"), 1] < -90
    assert upward.mean() > 0.85
    assert len(np.unique(store.read(0, frame, 50_000)[0], axis=0)) > 49_000
