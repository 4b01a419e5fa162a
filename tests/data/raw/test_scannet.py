from pathlib import Path

import pytest

from pcv.data.raw.scannet import ScanNet
from pcv.errors import InputError, RawFileError
from tests.data.raw.test_scannet_arrays import room


def test_scans_are_found_and_rooms_are_subjects(tmp_path: Path) -> None:
    for name in ("scene0000_00", "scene0000_01", "scene0001_00", "scene0002_00"):
        room(tmp_path / name, name)
    room(tmp_path / ".scene0003_00.part", "scene0003_00")  # what a killed `pcv synth` leaves
    found = ScanNet(tmp_path).list_videos(tmp_path)
    assert [(s.name, s.subject, s.camera, s.split) for s in found] == [
        ("scene0000_00", 0, 0, "train"), ("scene0000_01", 0, 1, "train"),
        ("scene0001_00", 1, 0, "train"), ("scene0002_00", 2, 0, "test"),
    ]  # fmt: skip
    assert [len(s.files) for s in found] == [3] * 4


def test_class_maps_are_those_of_the_benchmarks(tmp_path: Path) -> None:
    twenty, many = ScanNet(tmp_path).labels, ScanNet(tmp_path, 200).labels
    kept = [raw for raw, number in enumerate(twenty.table) if number >= 0]
    assert kept == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16, 24, 28, 33, 34, 36, 39]
    assert twenty.names[12:17] == ("desk", "curtain", "refrigerator", "shower curtain", "toilet")
    assert (len(many.names), len(set(many.names))) == (200, 200)
    assert (many.names[0], many.names[-1], many.table[1191]) == ("wall", "mattress", 199)


def test_settings_tell_stores_apart(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("scene0000_00\n")
    readers = [
        ScanNet(tmp_path), ScanNet(tmp_path, 200), ScanNet(tmp_path, unlabelled=True),
        ScanNet(tmp_path, train_list=tmp_path / "a.txt"),
    ]  # fmt: skip
    settings = [reader.settings() for reader in readers]
    assert all(one != other for i, one in enumerate(settings) for other in settings[:i])
    with pytest.raises(InputError, match="--classes 40: choose 20 or 200"):
        ScanNet(tmp_path, 40)


def test_wrong_folders_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        ScanNet(tmp_path / "none").list_videos(tmp_path / "none")
    with pytest.raises(InputError, match=r"holds no scene0000_00_vh_clean_2\.ply"):
        ScanNet(tmp_path).list_videos(tmp_path)
    room(tmp_path).rename(tmp_path / "kitchen_vert.npy")
    with pytest.raises(RawFileError, match="its name does not say which scan it is"):
        ScanNet(tmp_path).list_videos(tmp_path)
    bad: list[InputError] = []
    assert ScanNet(tmp_path).list_videos(tmp_path, bad) == []
    assert len(bad) == 1
