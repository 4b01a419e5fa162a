import os
from pathlib import Path

import numpy as np
import pytest

from pcv.data.prepare import prepare
from pcv.data.raw.kitti import SemanticKitti
from pcv.data.store.store import open_store
from pcv.errors import InputError, RawFileError

CALIBRATION = "P0: " + "1 " * 12 + "\nTr: 0 -1 0 0.5 0 0 -1 0.1 1 0 0 -0.3\n"


def sequence(root: Path, name: str = "00", scans: int = 3, labels: bool = True) -> Path:
    """A sequence whose scan t has three returns, one no-return, and drives 2 m a scan."""
    folder = root / "sequences" / name
    (folder / "velodyne").mkdir(parents=True)
    if labels:
        (folder / "labels").mkdir()
    for t in range(scans):
        points = np.array([[10 - 2 * t, 1, 2], [0, 0, 0], [5, -1, 0], [7, 3, 1]], "<f4")
        np.hstack([points, np.ones((4, 1), "<f4")]).tofile(folder / f"velodyne/{t:06}.bin")
        if labels:
            ids = np.array([40, 0, 252, 52], "<u4") | (9 << 16)
            ids.tofile(folder / f"labels/{t:06}.label")
    # The camera looks along the scanner's x: a pose of 2 t along the camera's z.
    poses = [f"1 0 0 0 0 1 0 0 0 0 1 {2 * t}" for t in range(scans)]
    (folder / "poses.txt").write_text("\n".join(poses) + "\n")
    (folder / "calib.txt").write_text(CALIBRATION)
    return folder


def test_a_sequence_is_a_video_without_no_returns(tmp_path: Path) -> None:
    sequence(tmp_path)
    reader = SemanticKitti()
    (source,) = reader.list_videos(tmp_path)
    assert (source.name, source.label, source.subject, source.split) == ("00", -1, 0, "train")
    assert reader.count_frames(source) == 3
    video = reader.read_video(source)
    # x right, y down, z forward from the file's x forward, y left, z up.
    np.testing.assert_array_equal(video.frames[1], [[-1, -2, 8], [1, 0, 5], [-3, -1, 7]])
    names = reader.point_class_names
    assert len(names) == 19
    labels = video.columns["labels"][1].tolist()
    assert [names[label] if label >= 0 else "" for label in labels] == ["road", "car", ""]


def test_poses_put_every_scan_into_the_frame_of_the_first(tmp_path: Path) -> None:
    sequence(tmp_path)
    reader = SemanticKitti(world=True)
    (source,) = reader.list_videos(tmp_path)
    first = [frame[0] for frame in reader.read_video(source).frames]
    np.testing.assert_allclose(first, [[-1, -2, 10]] * 3, atol=1e-6)  # a still thing stays


def test_splits_are_published_or_chosen(tmp_path: Path) -> None:
    for name in ("00", "08", "11"):
        sequence(tmp_path, name, labels=name != "11")
    published = [s.split for s in SemanticKitti().list_videos(tmp_path)]
    assert published == ["train", "validation", "test"]
    chosen = SemanticKitti(validation=(11,), test=(0,)).list_videos(tmp_path)
    assert [s.split for s in chosen] == ["test", "train", "validation"]
    hidden = SemanticKitti().read_video(SemanticKitti().list_videos(tmp_path)[2])
    assert hidden.columns["labels"][0].tolist() == [-1, -1, -1]


def test_another_label_map_makes_other_classes(tmp_path: Path) -> None:
    sequence(tmp_path)
    path = tmp_path / "map.yaml"
    path.write_text(
        "labels: {0: none, 40: ground, 252: moving}\nlearning_map: {0: 0, 40: 1, 52: 1, 252: 2}\n"
        "learning_map_inv: {0: 0, 1: 40, 2: 252}\nsplit: {test: [0]}\n"
    )
    reader = SemanticKitti(label_map=path)
    (source,) = reader.list_videos(tmp_path)
    assert reader.class_names == ("ground", "moving")
    assert source.split == "test"
    assert reader.read_video(source).columns["labels"][0].tolist() == [0, 1, 0]


def cut(path: Path, size: int = -2) -> None:
    path.write_bytes(path.read_bytes()[:size])


def spoil(folder: Path) -> None:
    values = np.fromfile(folder / "velodyne/000001.bin", "<f4")
    values[1] = np.nan
    values.tofile(folder / "velodyne/000001.bin")


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (
            lambda f: cut(f / "velodyne/000001.bin"),
            r"000001\.bin: has 62 bytes, expected .* of 16",
        ),
        (lambda f: cut(f / "velodyne/000001.bin", 0), r"000001\.bin: has 0 bytes"),
        (
            lambda f: cut(f / "labels/000001.label"),
            r"000001\.label: has 14 bytes, expected .* of 4",
        ),
        (lambda f: cut(f / "labels/000001.label", 8), r"000001\.label: has 2 labels for 4 points"),
        (lambda f: (f / "labels/000001.label").unlink(), r"000001\.label: is missing"),
        (
            lambda f: np.array([7, 0, 0, 300], "<u4").tofile(f / "labels/000001.label"),
            r"000001\.label: holds the unknown class ids 7, 300",
        ),
        (spoil, r"000001\.bin: 1 of 4 points are not finite"),
        (lambda f: (f / "velodyne/000001.bin").rename(f / "velodyne/a.bin"), "no frame number"),
        (lambda f: (f / "velodyne/1.bin").touch(), r"the same frame as 000001\.bin|1\.bin"),
        (lambda f: [p.unlink() for p in (f / "velodyne").iterdir()], r"no frame \(\.bin file\)"),
        (lambda f: (f / "poses.txt").unlink(), r"poses\.txt: cannot be read"),
        (
            lambda f: (f / "poses.txt").write_text("1 0 0 0 0 1 0 0 0 0 1 0\n"),
            "has 1 poses, none of scan 2",
        ),
        (lambda f: (f / "poses.txt").write_text("1 2 3\n"), "has a line that is not 12 numbers"),
        (lambda f: (f / "calib.txt").write_text("P0: 1\n"), "has no line of Tr;"),
        (lambda f: f.rename(f.with_name("first")), "no sequence number"),
        (lambda f: f.rename(f.with_name("77")), "in no split of the label map"),
    ],
)
def test_a_damaged_sequence_is_named_in_one_line_or_left_out(
    tmp_path: Path, damage, said: str
) -> None:
    sequence(tmp_path, "01")
    damage(sequence(tmp_path))
    reader = SemanticKitti(world=True)
    with pytest.raises(RawFileError, match=said) as caught:
        prepare(reader, tmp_path, tmp_path / "strict", points=8)
    assert "\n" not in str(caught.value)
    summary = prepare(reader, tmp_path, tmp_path / "out", points=8, skip_bad=True)
    assert summary.videos == 1
    assert len(summary.skipped) == 1


def test_the_wrong_folder_and_one_sequence_twice_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        SemanticKitti().list_videos(tmp_path / "none")
    with pytest.raises(InputError, match="holds no folder velodyne"):
        SemanticKitti().list_videos(tmp_path)
    sequence(tmp_path / "a")
    sequence(tmp_path / "b")
    with pytest.raises(RawFileError, match="the same recording"):
        SemanticKitti().list_videos(tmp_path)


def test_the_store_keeps_classes_and_where_they_come_from(tmp_path: Path) -> None:
    folder = sequence(tmp_path)
    prepare(SemanticKitti(), tmp_path, tmp_path / "store", points=8, step=2**-8)
    store = open_store(tmp_path / "store")
    facts = store.info()
    assert facts["points_a_class"]["road"] == facts["points_a_class"]["car"] == 3
    assert store.verify() == []
    before = store.attributes["manifest"]["sequences/00"]
    (folder / "labels/000000.label").write_bytes(b"\0" * 16)
    prepare(SemanticKitti(), tmp_path, tmp_path / "other", points=8, step=2**-8)
    assert open_store(tmp_path / "other").attributes["manifest"]["sequences/00"] != before


@pytest.mark.parametrize("labels", [True, False])
def test_scans_with_rings_are_read_by_their_labels_or_their_values(
    tmp_path: Path, labels: bool
) -> None:
    folder = sequence(tmp_path, scans=1, labels=labels)
    table = np.fromfile(folder / "velodyne/000000.bin", "<f4").reshape(4, 4)
    ringed = np.hstack([table, np.arange(4, dtype="<f4")[:, None]])
    ringed.tofile(folder / "velodyne/000000.bin")  # 80 bytes: five points of four floats, too
    reader = SemanticKitti()
    (source,) = reader.list_videos(tmp_path)
    video = reader.read_video(source)
    np.testing.assert_array_equal(video.frames[0], [[-1, -2, 10], [1, 0, 5], [-3, -1, 7]])


@pytest.mark.real
def test_real_scans(tmp_path: Path) -> None:
    root = os.environ.get("PCV_DATA")
    if not root:
        pytest.skip("PCV_DATA does not name a folder of real recordings")
    reader = SemanticKitti(world=True, test=(10,))
    sources = reader.list_videos(Path(root) / "lidar")
    assert [(s.name, s.split) for s in sources] == [
        ("00", "train"), ("02", "train"), ("10", "test"),
    ]  # fmt: skip
    for source in sources:
        assert reader.count_frames(source) == 10
        video = reader.read_video(source)
        assert 15_000 < len(video.frames[0]) < 29_952  # 28 % of the points are no returns
        labels = video.columns["labels"][0]
        assert len(labels) == len(video.frames[0])
        up = -video.frames[0][labels == reader.class_names.index("road"), 1]
        assert -3 < np.median(up) < -0.3  # the road is below the scanner
