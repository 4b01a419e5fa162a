from pathlib import Path

import numpy as np
import pytest

from pcv.data.prepare import prepare
from pcv.data.raw.s3dis import S3dis
from pcv.data.store.store import open_store
from pcv.errors import InputError, RawFileError


def room(root: Path, area: int = 1, name: str = "office_1") -> Path:
    """A floor, a wall and two chairs, each 30 points."""
    folder = root / f"Area_{area}" / name / "Annotations"
    folder.mkdir(parents=True)
    rng = np.random.default_rng(area)
    for number, kind in enumerate(("floor_1", "wall_1", "chair_1", "chair_2", "stairs_1")):
        points = rng.uniform(0, 2, (30, 3)) + np.array([20, -10, 0])
        points[:, 2] = number
        table = np.column_stack([points, np.full((30, 3), 40 * number)])
        np.savetxt(folder / f"{kind}.txt", table, fmt="%.3f %.3f %.3f %d %d %d")
    return folder


def test_files_are_objects_and_their_names_classes(tmp_path: Path) -> None:
    room(tmp_path)
    reader = S3dis()
    (source,) = reader.list_videos(tmp_path)
    assert (source.name, source.subject, source.split) == ("Area_1/office_1", 1, "train")
    assert reader.count_frames(source) == 1
    video = reader.read_video(source)
    names = [reader.point_class_names[label] for label in video.columns["labels"][0][::30]]
    assert names == ["chair", "chair", "floor", "clutter", "wall"]  # in order of file
    assert video.columns["instances"][0][::30].tolist() == [0, 1, 2, 3, 4]
    assert video.columns["colour"][0][::30, 0].tolist() == [80, 120, 0, 160, 40]
    # x right, y down, z forward from z up
    assert video.frames[0][::30, 1].tolist() == [-2, -3, 0, -4, -1]
    assert len(reader.class_names) == 13


@pytest.mark.parametrize("test_area", [1, 5])
def test_an_area_tests(tmp_path: Path, test_area: int) -> None:
    for area in (1, 2, 5):
        room(tmp_path, area)
    found = {s.name: s.split for s in S3dis(test_area).list_videos(tmp_path)}
    assert [name for name, split in found.items() if split == "test"] == [
        f"Area_{test_area}/office_1"
    ]


def test_a_room_becomes_a_scene_of_all_its_points(tmp_path: Path) -> None:
    room(tmp_path, 1)
    room(tmp_path, 5, "hallway_2")
    prepare(S3dis(), tmp_path, tmp_path / "store", points=1 << 24, step=2**-10)
    store = open_store(tmp_path / "store")
    assert store.videos.sizes.tolist() == [150, 150]
    assert store.verify() == []
    assert store.attributes["class_points"] == [0, 60, 60, 0, 0, 0, 0, 0, 120, 0, 0, 0, 60]
    assert sum(f.stat().st_size for f in store.path.rglob("*")) < 250_000


def test_a_control_character_stands_for_a_space(tmp_path: Path) -> None:
    """Two files are published so: 185\\x10187 for 185 187."""
    file = room(tmp_path) / "wall_1.txt"
    lines = file.read_bytes().splitlines()
    lines[3] = b"1.0 2.0 3.0 1 185\x10187"
    file.write_bytes(b"\n".join(lines))
    reader = S3dis()
    (source,) = reader.list_videos(tmp_path)
    assert reader.read_video(source).columns["colour"][0][123].tolist() == [1, 185, 187]


@pytest.mark.parametrize(
    ("line", "colour"),
    [
        (b"1.0 2.0 3.0 1\x00185 187", [1, 185, 187]),  # a blank
        (b"1.0\x002.0 3.0 1 185 187", [1, 185, 187]),
        (b"1.0 2.0 3.0 1 185 2\x105", [1, 185, 205]),  # a zero
        (b"1.\x10 2.0 3.0 1\x10 \x10 187", [10, 0, 187]),
        (b"1.0 2.0 3.0 1 \x165 187", [1, 65, 187]),  # a six
        (b"1\x0e0 2.0 3.0 \x11 18\x15 187", [1, 185, 187]),  # a point and other digits
        (b"1.0 2.0 3.0 1 185\xff187", [1, 185, 187]),  # another character between numbers
        (b"\xef\xbb\xbf1.0 2.0 3.0 1 185 187", [1, 185, 187]),  # a byte order mark
    ],
)
def test_lost_bits_are_mended_and_counted(tmp_path: Path, line: bytes, colour: list[int]) -> None:
    file = room(tmp_path) / "wall_1.txt"
    lines = file.read_bytes().splitlines()
    lines[3] = line
    file.write_bytes(b"\r\n".join(lines))
    summary = prepare(S3dis(), tmp_path, tmp_path / "store")
    (source,) = S3dis().list_videos(tmp_path)
    video = S3dis().read_video(source)
    assert video.columns["colour"][0][123].tolist() == colour
    np.testing.assert_allclose(video.frames[0][123], [1, -3, 2])
    said = ["Area_1/office_1: wall_1.txt: 1 damaged lines mended"]
    assert summary.notes == said
    assert open_store(tmp_path / "store").attributes["dropped_frames"] == said


@pytest.mark.parametrize(
    "name", ["wall_1 (1).txt", "wall_1(2).txt", "wall_1 - Copy.txt", "Copy of wall_1.txt"]
)
def test_copies_of_an_object_are_left_out_and_listed(tmp_path: Path, name: str) -> None:
    folder = room(tmp_path)
    (folder / name).write_bytes((folder / "wall_1.txt").read_bytes())
    (folder / "._wall_1.txt").write_bytes(b"\x00")  # what a system puts beside a file
    (source,) = S3dis().list_videos(tmp_path)
    video = S3dis().read_video(source)
    assert len(video.frames[0]) == 150
    assert video.left_out == (f"{name}: a copy of wall_1.txt, left out",)
    (folder / "wall_1.txt").unlink()
    with pytest.raises(RawFileError, match="its name begins with no class"):
        S3dis().list_videos(tmp_path)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"1 2 3 4 5", r"wall_1\.txt: its line 4 is not x y z red green blue"),
        (b"1 2 3 4 5 6 7", r"wall_1\.txt: its line 4 is not"),
        (b"1 2 3 4 5 x", r"wall_1\.txt: its line 4 is not"),
        (b"1 2 nan 4 5 6", "1 of 150 points are not finite"),
        (b"1 2 3 4 5 256", "colours beyond 0 to 255"),
        (b"1 2 3 -1 5 25", "colours beyond 0 to 255"),
    ],
)
def test_a_damaged_line_is_one_line(tmp_path: Path, line: bytes, said: str) -> None:
    file = room(tmp_path) / "wall_1.txt"
    lines = file.read_bytes().splitlines()
    lines[3] = line
    file.write_bytes(b"\n".join(lines))
    with pytest.raises(RawFileError, match=said) as caught:
        prepare(S3dis(), tmp_path, tmp_path / "store")
    assert "\n" not in str(caught.value)


def test_strange_folders_are_one_line(tmp_path: Path) -> None:
    folder = room(tmp_path)
    (folder / "unicorn_1.txt").touch()
    with pytest.raises(RawFileError, match=r"unicorn_1\.txt: its name begins with no class"):
        S3dis().list_videos(tmp_path)
    (folder / "unicorn_1.txt").unlink()
    for file in folder.iterdir():
        file.write_text("")
    with pytest.raises(RawFileError, match="holds no point"):
        prepare(S3dis(), tmp_path, tmp_path / "store")
    for file in folder.iterdir():
        file.unlink()
    with pytest.raises(RawFileError, match=r"holds no \.txt file"):
        S3dis().list_videos(tmp_path)
    (tmp_path / "Area_1").rename(tmp_path / "Area_9")
    with pytest.raises(RawFileError, match="in no folder of an area"):
        S3dis().list_videos(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no folder Annotations"):
        S3dis().list_videos(tmp_path / "empty")
