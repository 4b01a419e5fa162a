from pathlib import Path

import numpy as np
import pytest

from pcv.data.files.labelled_ply import LabelledCloud, class_colours, folder_of, write_labelled
from pcv.data.files.ply import read_ply
from pcv.errors import InputError


def test_colours_tell_classes_apart() -> None:
    colours = class_colours(32).astype(int)
    assert colours.shape == (32, 3)
    apart = np.abs(colours[:, None] - colours[None]).sum(2) + 999 * np.eye(32, dtype=int)
    assert apart.min() > 60
    assert np.array_equal(class_colours(5), class_colours(32)[:5])


@pytest.mark.parametrize("count", [0, 1, 57])
def test_what_is_written_is_read_back(count: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    cloud = LabelledCloud(
        rng.normal(size=(count, 3)).astype(np.float32), rng.integers(0, 3, count),
        rng.random(count).astype(np.float32), rng.random(count) < 0.5,
    )  # fmt: skip
    names = ["a", "b\nc", "naïve end_header " + 300 * "x"]
    write_labelled(tmp_path / "0.ply", cloud, names, "x right")
    found = read_ply(tmp_path / "0.ply")
    assert np.array_equal(found.points, cloud.points)
    assert np.array_equal(found.labels, cloud.label)
    assert np.array_equal(found.colour, class_colours(3)[cloud.label])
    assert [p.name for p in tmp_path.iterdir()] == ["0.ply"]


def test_objects_are_written_where_they_are_told(tmp_path: Path) -> None:
    told = np.array([-1, 70_000, 0])
    cloud = LabelledCloud(
        np.zeros((3, 3), np.float32), np.zeros(3, int), np.zeros(3), np.zeros(3), told
    )
    for number, each in enumerate((cloud, cloud._replace(instance=None))):
        write_labelled(tmp_path / f"{number}.ply", each, ["a"], "")
    first, second = ((tmp_path / f"{number}.ply").read_bytes() for number in range(2))
    rows = np.frombuffer(first[-3 * 26 :], [("before", "V22"), ("instance", "<i4")])
    assert rows["instance"].tolist() == told.tolist()
    assert b"property int instance" in first
    assert b"instance" not in second


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    cloud = LabelledCloud(np.zeros((2, 3), np.float32), np.array([0, 9]), np.zeros(2), np.zeros(2))
    with pytest.raises(IndexError):
        write_labelled(tmp_path / "0.ply", cloud, ["a"], "")
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize("name", ["", "/a", "..", "a/../../b", "a\0b"])
def test_a_name_that_leads_elsewhere_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be written below"):
        folder_of(tmp_path, name)


def test_a_name_may_hold_folders(tmp_path: Path) -> None:
    assert folder_of(tmp_path, "class/video") == tmp_path / "class" / "video"


def test_points_of_doubles_keep_their_millimetres_far_from_zero(tmp_path: Path) -> None:
    points = np.array([[500_000.125, -7.001, 5_000_000.125]])
    cloud = LabelledCloud(points, np.zeros(1, int), np.zeros(1, np.float32), np.zeros(1, bool))
    write_labelled(tmp_path / "0.ply", cloud, ["a"], "x right")
    assert np.array_equal(read_ply(tmp_path / "0.ply").points, points)
