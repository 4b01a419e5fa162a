import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from pcv.data.files.cloud_files import DepthCamera
from pcv.data.files.png import write_png
from pcv.data.prepare import prepare
from pcv.data.raw.folder import VideoFolders
from pcv.data.store.store import open_store
from pcv.errors import InputError, RawFileError

NAMES = [f"{kind}/v{number}" for kind in ("run", "walk") for number in range(5)]


def video(folder: Path, frames: int = 3) -> Path:
    folder.mkdir(parents=True)
    for t in range(frames):
        values = np.random.default_rng(t).normal(0, 0.3, (30, 3)) + np.array([0.1 * t, 0, 2])
        np.save(folder / f"{t + 8}.npy", values)
    return folder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "mine"
    for name in NAMES:
        video(root / name)
    return root


def prepared(reader: VideoFolders, out: Path, **options: object):
    return prepare(reader, reader.root, out, **({"points": 16} | options))


def test_folders_are_classes_and_frames_are_in_order_of_number(root: Path) -> None:
    reader = VideoFolders(root)
    sources = reader.list_videos(root)
    assert reader.class_names == ("run", "walk")
    assert [s.name for s in sources[:2]] == ["run/v0", "run/v1"]
    assert [s.label for s in sources] == [0] * 5 + [1] * 5
    assert [f.name for f in sources[0].files] == ["8.npy", "9.npy", "10.npy"]
    kinds = [s.split for s in sources]
    assert (kinds.count("test"), kinds.count("train")) == (2, 8)
    found = reader.read_video(sources[0])
    np.testing.assert_allclose(found.frames[2], np.load(sources[0].files[2]), atol=1e-6)
    assert found.columns is None


def test_a_store_of_anyones_recordings(root: Path, tmp_path: Path) -> None:
    summary = prepared(VideoFolders(root), tmp_path / "store")
    assert (summary.videos, summary.frames) == (10, 30)
    store = open_store(tmp_path / "store")
    assert store.verify() == []
    assert store.info()["classes"] == {"run": 5, "walk": 5}
    assert set(store.attributes["manifest"]) == {
        f"{c}/v{i}" for c in ("run", "walk") for i in range(5)
    }


def test_a_csv_gives_labels_subjects_and_split(root: Path, tmp_path: Path) -> None:
    lines = [
        f"{name},{'ab'[i % 2]},{i},{'test' if i == 4 else 'train'}" for i, name in enumerate(NAMES)
    ]
    (tmp_path / "l.csv").write_text("\n".join(["video,label,subject,split", *lines]))
    reader = VideoFolders(root, labels=tmp_path / "l.csv")
    sources = reader.list_videos(root)
    assert reader.class_names == ("a", "b")
    assert [(s.label, s.subject, s.split) for s in sources[3:5]] == [
        (1, 3, "train"),
        (0, 4, "test"),
    ]
    (tmp_path / "s.csv").write_text(
        "\n".join(["video,split", *[f"{s.name},validation" for s in sources]])
    )
    again = VideoFolders(root, labels=tmp_path / "l.csv", split=tmp_path / "s.csv")
    assert {s.split for s in again.list_videos(root)} == {"validation"}


@pytest.mark.parametrize("which", ["labels", "split"])
def test_a_csv_that_is_shorter_or_longer_is_refused_or_its_videos_left_out(
    root: Path, tmp_path: Path, which: str
) -> None:
    header, value = ("video,label", "a") if which == "labels" else ("video,split", "train")
    names = NAMES

    def reader(listed: list[str]) -> VideoFolders:
        path = tmp_path / f"{len(listed)}.csv"
        path.write_text("\n".join([header, *[f"{name},{value}" for name in listed]]))
        return VideoFolders(root, **{which: path})

    with pytest.raises(RawFileError, match=r"walk/v4: is not in .*9\.csv; add a line"):
        reader(names[:-1]).list_videos(root)
    with pytest.raises(RawFileError, match=r"11\.csv: lists walk/v9, which is no folder"):
        reader([*names, "walk/v9"]).list_videos(root)
    summary = prepared(reader([*names[:-1], "walk/v8", "walk/v9"]), tmp_path / "out", skip_bad=True)
    assert (summary.videos, len(summary.skipped)) == (9, 3)
    with pytest.raises(InputError, match="cannot be read"):
        VideoFolders(root, **{which: tmp_path / "none.csv"}).list_videos(root)


def test_the_vertical_and_the_unit_are_told(tmp_path: Path) -> None:
    folder = video(tmp_path / "mine" / "one", 1)
    np.save(folder / "8.npy", [[1.0, 2.0, 3.0]])
    for up, wanted in {"-y": [1, 2, 3], "y": [1, -2, -3], "z": [1, -3, 2]}.items():
        reader = VideoFolders(tmp_path / "mine", up=up, unit=0.5)
        (source,) = reader.list_videos(reader.root)
        found = reader.read_video(source).frames[0]
        np.testing.assert_array_equal(found, np.array([wanted]) * np.float32(0.5))
    with pytest.raises(InputError, match="choose -y, y or z"):
        VideoFolders(tmp_path / "mine", up="x").list_videos(tmp_path / "mine")


def test_map_coordinates_keep_their_millimetres(tmp_path: Path) -> None:
    folder = video(tmp_path / "mine" / "one", 2)
    for t, name in enumerate(("8.npy", "9.npy")):
        np.save(folder / name, [[5_000_000.125 + t, 0, 7], [5_000_000.25, 0.001, 7]])
    reader = VideoFolders(tmp_path / "mine")
    frames = reader.read_video(reader.list_videos(reader.root)[0]).frames
    np.testing.assert_allclose(np.diff(frames[0], axis=0), [[0.125, 0.001, 0]], atol=1e-6)
    np.testing.assert_allclose(frames[1][0] - frames[0][0], [1, 0, 0])


def test_labels_and_colours_of_points_are_read_when_asked_for(tmp_path: Path) -> None:
    folder = video(tmp_path / "mine" / "one", 1)
    table = np.array([[1, 2, 3, 10, 20, 30, 1], [4, 5, 6, 0, 0, 9, -1]])
    np.save(folder / "8.npy", table)
    reader = VideoFolders(tmp_path / "mine", point_classes=("floor", "wall"), colour=True)
    prepared(reader, tmp_path / "out", points=4)
    store = open_store(tmp_path / "out")
    assert store.info()["points_a_class"] == {"floor": 0, "wall": 1}
    assert store.read_column("colour", 0, np.array([0]), 2)[0].tolist() == [[10, 20, 30], [0, 0, 9]]
    table[0, 6] = 2
    np.save(folder / "8.npy", table)
    with pytest.raises(
        RawFileError, match=r"8\.npy: has the unknown class ids 2; --point-classes names 0"
    ):
        prepared(reader, tmp_path / "again", points=4)
    np.save(folder / "8.npy", table[:, :3])
    for asked, said in ((reader, "label"), (VideoFolders(reader.root, colour=True), "colour")):
        with pytest.raises(RawFileError, match=rf"8\.npy: its points have no {said}"):
            prepared(asked, tmp_path / said, points=4)


@pytest.mark.parametrize("form", ["{split}/{label}/{video}", "{label}/{split}/{video}"])
def test_folders_called_after_splits_are_the_splits_and_no_classes(
    tmp_path: Path, form: str
) -> None:
    root = tmp_path / "mine"
    for split in ("Train", "val", "TEST"):
        for label in ("run", "walk"):
            for number in range(2):
                video(root / form.format(split=split, label=label, video=f"v{number}"))
    reader = VideoFolders(root)
    prepared(reader, tmp_path / "out")
    store = open_store(tmp_path / "out")
    assert store.info()["classes"] == {"run": 6, "walk": 6}
    assert store.info()["splits"] == {"test": 4, "train": 4, "validation": 4}
    assert store.info()["reader"]["split"] == "folders"
    for name, split in zip(store.videos.name, store.videos.split, strict=True):
        assert {"train": "Train", "validation": "val", "test": "TEST"}[str(split)] in name
    # A CSV goes first, and then the words of the folders are still no classes.
    names = [source.name for source in reader.list_videos(root)]
    (tmp_path / "s.csv").write_text("video,split\n" + "\n".join(f"{n},VAL" for n in names))
    told = VideoFolders(root, split=tmp_path / "s.csv")
    assert {s.split for s in told.list_videos(root)} == {"validation"}
    assert told.class_names == ("run", "walk")


def test_what_told_the_splits_is_noted(root: Path, tmp_path: Path) -> None:
    assert VideoFolders(root).settings()["split"] == "drawn 0.2 0.1 seed 0"
    lines = [f"{name},a,{'test' if i == 4 else 'train'}" for i, name in enumerate(NAMES)]
    (tmp_path / "l.csv").write_text("\n".join(["video,label,split", *lines]))
    assert VideoFolders(root, labels=tmp_path / "l.csv").settings()["split"] == "l.csv"
    (tmp_path / "l.csv").write_text("\n".join(["video,label,split", *lines[1:], f"{NAMES[0]},a,"]))
    noted = VideoFolders(root, labels=tmp_path / "l.csv").settings()
    assert noted["split"] == "l.csv and drawn 0.2 0.1 seed 0"


def test_a_mixture_of_splits_and_classes_is_refused_until_a_csv_says_both(
    root: Path, tmp_path: Path
) -> None:
    video(root / "train/v0")
    with pytest.raises(InputError, match=r"train/v0 lies in a folder of a split, run/v0 does not"):
        VideoFolders(root).list_videos(root)
    lines = [f"{name},{name.split('/')[0]},test" for name in (*NAMES, "train/v0")]
    (tmp_path / "l.csv").write_text("\n".join(["video,label,split", *lines]))
    reader = VideoFolders(root, labels=tmp_path / "l.csv")
    assert len(reader.list_videos(root)) == 11
    assert reader.class_names == ("run", "train", "walk")


def test_links_are_followed_and_dead_ones_are_named(root: Path, tmp_path: Path) -> None:
    video(tmp_path / "elsewhere/jump/v0")
    (root / "jump").symlink_to(tmp_path / "elsewhere/jump")
    (root / "walk/v9").symlink_to(root / "walk/v0")
    (root / "walk/round").symlink_to(root)
    (tmp_path / "elsewhere/jump/up").symlink_to(tmp_path)
    names = [source.name for source in VideoFolders(root).list_videos(root)]
    assert names == ["jump/v0", *NAMES, "walk/v9"]
    (root / "hop").symlink_to(tmp_path / "gone")
    with pytest.raises(RawFileError, match=r"hop: is a link to nothing; mend or remove it"):
        VideoFolders(root).list_videos(root)
    summary = prepared(VideoFolders(root), tmp_path / "out", skip_bad=True)
    assert (summary.videos, len(summary.skipped)) == (12, 1)


def test_what_other_systems_leave_is_no_frame_and_no_class(root: Path) -> None:
    (root / "__MACOSX/run/v0").mkdir(parents=True)
    (root / "__MACOSX/run/v0/._8.npy").write_bytes(b"\0")
    (root / ".cache/x").mkdir(parents=True)
    (root / "run/.DS_Store").write_bytes(b"\0")
    (root / "run/v0/._8.npy").write_bytes(b"\0")
    reader = VideoFolders(root)
    sources = reader.list_videos(root)
    assert [s.name for s in sources] == NAMES
    assert [f.name for f in sources[0].files] == ["8.npy", "9.npy", "10.npy"]


def test_an_empty_first_frame_keeps_the_millimetres_of_a_map(tmp_path: Path) -> None:
    root = tmp_path / "mine"
    far = np.array([[500_000, 5_000_000.125, 7], [500_000, 5_000_000.25, 7.001]])
    for number, name in enumerate(("npy", "xyz", "npz")):
        folder = video(root / f"v{number}", 0)
        for frame, points in enumerate((far[:0], far, far + np.array([0, 1, 0]))):
            path = folder / f"{frame}.{name}"
            if name == "npy":
                np.save(path, points)
            elif name == "npz":
                np.savez(path, points=points)
            else:
                np.savetxt(path, points)
    reader = VideoFolders(root, up="z")
    for source in reader.list_videos(root):
        found = reader.read_video(source)
        assert found.shift.tolist() == [500_000, -7, 5_000_000]
        back = (found.frames[1] + found.shift)[:, [0, 2, 1]] * [1, 1, -1]
        np.testing.assert_allclose(back, far, atol=1e-6, rtol=0)
        np.testing.assert_allclose(found.frames[2] - found.frames[1], [[0, 0, 1]] * 2, atol=1e-6)
    prepared(reader, tmp_path / "out", points=2)
    store = open_store(tmp_path / "out")
    assert store.attributes["videos"]["shift"] == [[500_000, -7, 5_000_000]] * 3


def test_colours_keep_one_scale_over_a_video(tmp_path: Path) -> None:
    folder = video(tmp_path / "mine/one", 0)
    for frame, most in enumerate((1, 200)):  # floats from 0 to 255, of which the first are dark
        np.save(folder / f"{frame}.npy", np.array([[1, 2, 3, 0, 1, most]], np.float32))
    reader = VideoFolders(tmp_path / "mine", colour=True)
    found = reader.read_video(reader.list_videos(reader.root)[0])
    assert [c[0].tolist() for c in found.columns["colour"]] == [[0, 1, 1], [0, 1, 200]]


def test_columns_that_are_not_asked_for_refuse_no_frame(tmp_path: Path) -> None:
    folder = video(tmp_path / "mine/one", 0)
    np.save(folder / "1.npy", np.array([[1, 2, 3, 0.25], [4, 5, 6, 0.5]], np.float32))
    reader = VideoFolders(tmp_path / "mine")
    found = reader.read_video(reader.list_videos(reader.root)[0])
    np.testing.assert_array_equal(found.frames[0], [[1, 2, 3], [4, 5, 6]])
    labelled = VideoFolders(tmp_path / "mine", point_classes=("a", "b"))
    with pytest.raises(RawFileError, match=r"1\.npy: labels that are not whole numbers"):
        labelled.read_video(labelled.list_videos(labelled.root)[0]).frames[0]


def test_lidar_scans_of_anyone(tmp_path: Path) -> None:
    folder = video(tmp_path / "mine/one", 0)
    table = np.array([[9, -1, 2, 0.5, 3], [0, 0, 0, 0, 0], [-5, 1, 0, 0.1, 4]], "<f4")
    for frame, width in enumerate((4, 5)):
        table[:, :width].tofile(folder / f"{frame}.bin")
    reader = VideoFolders(tmp_path / "mine")
    found = reader.read_video(reader.list_videos(reader.root)[0])
    for points in found.frames:
        np.testing.assert_array_equal(points, [[9, -1, 2], [-5, 1, 0]])


def nan(path: Path) -> None:
    values = np.load(path)
    values[4] = np.nan
    np.save(path, values)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda f: (f / "9.npy").write_bytes((f / "9.npy").read_bytes()[:-7]), r"9\.npy: cannot"),
        (lambda f: np.save(f / "9.npy", np.array([{}], object)), r"9\.npy: .*pickled objects"),
        (lambda f: np.save(f / "9.npy", np.zeros((4, 5))), r"9\.npy: a table of shape"),
        (lambda f: nan(f / "9.npy"), r"9\.npy: 1 of 30 points are not finite; .*--drop-nan"),
        (lambda f: (f / "09.xyz").write_text("1 2 3"), "the same frame as 09|the same frame as 9"),
        (lambda f: (f / "9.npy").rename(f / "nine.npy"), r"nine\.npy: has no frame number"),
        (lambda f: [p.unlink() for p in f.iterdir()], "v4: has no frame in it"),
        (lambda f: (f / "9.npy").rename(f / "9.png"), r"9\.png: a depth image without a camera"),
        (lambda f: [np.save(p, np.zeros((0, 3))) for p in f.iterdir()], "no foreground"),
    ],
)
def test_a_damaged_video_is_named_in_one_line_or_left_out(
    root: Path, tmp_path: Path, damage, said: str
) -> None:
    damage(root / "walk/v4")
    with pytest.raises(RawFileError, match=said) as caught:
        prepared(VideoFolders(root), tmp_path / "strict")
    assert "\n" not in str(caught.value)
    summary = prepared(VideoFolders(root), tmp_path / "out", skip_bad=True)
    assert (summary.videos, len(summary.skipped)) == (9, 1)
    assert "v4" in summary.skipped[0] or "09" in summary.skipped[0] or "nine" in summary.skipped[0]


def test_nan_points_are_left_out_on_request(root: Path, tmp_path: Path) -> None:
    nan(root / "walk/v4/9.npy")
    reader = VideoFolders(root, drop_nan=True)
    source = reader.list_videos(root)[-1]
    assert [len(frame) for frame in reader.read_video(source).frames] == [30, 29, 30]


def test_the_wrong_folder_is_refused(tmp_path: Path) -> None:
    folder = video(tmp_path / "a" / "one")
    for wrong, said in ((tmp_path / "none", "no such folder"), (folder, "a folder of frames")):
        with pytest.raises(InputError, match=said):
            VideoFolders(wrong).list_videos(wrong)
    (tmp_path / "links").mkdir()
    (tmp_path / "links/one").symlink_to(folder)
    (found,) = VideoFolders(tmp_path / "links").list_videos(tmp_path / "links")
    assert (found.name, len(found.files)) == ("one", 3)
    (tmp_path / "circle").mkdir()
    (tmp_path / "circle/back").symlink_to(tmp_path / "circle")
    with pytest.raises(InputError, match="circle: holds only links that lead back to it"):
        VideoFolders(tmp_path / "circle").list_videos(tmp_path / "circle")
    (tmp_path / "other/photos").mkdir(parents=True)
    (tmp_path / "other/photos/1.jpg").touch()
    with pytest.raises(RawFileError, match=r"photos: has no frame in it \(\.ply"):
        VideoFolders(tmp_path / "other").list_videos(tmp_path / "other")


def test_a_pattern_tells_depth_from_other_images(tmp_path: Path) -> None:
    folder = tmp_path / "mine" / "kitchen"
    folder.mkdir(parents=True)
    for t in range(2):
        write_png(folder / f"frame-{t}.depth.png", np.full((4, 6), 2000 + t, np.uint16))
        write_png(folder / f"frame-{t}.color.png", np.zeros((4, 6, 3), np.uint8))
    with pytest.raises(RawFileError, match="keep one, or give --pattern"):
        VideoFolders(tmp_path / "mine").list_videos(tmp_path / "mine")
    camera = DepthCamera((5.0, 5.0))
    reader = VideoFolders(tmp_path / "mine", pattern="*.depth.png", camera=camera)
    (source,) = reader.list_videos(reader.root)
    assert reader.read_video(source).frames[1][:, 2].tolist() == pytest.approx([2.001] * 24)


@pytest.mark.real
def test_a_real_recording(tmp_path: Path) -> None:
    data = os.environ.get("PCV_DATA")
    if not data:
        pytest.skip("PCV_DATA does not name a folder of real recordings")
    folder = tmp_path / "mine" / "kitchen"
    folder.mkdir(parents=True)
    for path in sorted((Path(data) / "7scenes/redkitchen").glob("*.depth.png"))[:4]:
        shutil.copy(path, folder)
    camera = DepthCamera((585.0, 585.0), (320.0, 240.0))
    reader = VideoFolders(tmp_path / "mine", camera=camera)
    assert prepared(reader, tmp_path / "out", points=2048).frames == 4
    assert open_store(tmp_path / "out").verify() == []
