"""Anyone's clouds as rooms: placed, coloured and turned as the rooms of datasets are."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcv.data.raw.axes import UPRIGHT
from pcv.data.raw.room_files import RoomFiles
from pcv.data.raw.scannet import ScanNet
from pcv.errors import InputError, RawFileError
from tests.data.raw.test_scannet_arrays import room


def read(path: Path, **options: object):
    reader = RoomFiles(path.parent, **options)
    (source,) = reader.list_videos(path)
    return reader.read_video(source)


def test_a_cloud_is_read_as_a_room_of_a_dataset(tmp_path: Path) -> None:
    file = room(tmp_path)
    wanted = ScanNet(tmp_path).read_video(*ScanNet(tmp_path).list_videos(tmp_path))
    found = read(file, colour=True, normals=True)
    assert np.array_equal(found.frames[0], wanted.frames[0])
    for name in ("colour", "normals"):
        assert np.array_equal(found.columns[name][0], wanted.columns[name][0])
    assert set(found.columns) == {"colour", "normals"}
    assert read(file).columns == {}


@given(
    st.sampled_from(sorted(UPRIGHT)),
    st.sampled_from([0.001, 0.5, 1.0]),
    st.lists(st.tuples(*[st.floats(-300, 300, width=32)] * 3), min_size=1, max_size=9),
)
def test_every_point_comes_back_in_its_place(tmp_path_factory, up, unit, points) -> None:
    path = tmp_path_factory.mktemp("clouds") / "a.npy"
    np.save(path, np.array(points))
    (found,) = read(path, up=up, unit=unit).frames
    wanted = np.array(points) * unit @ UPRIGHT[up].T
    assert np.array_equal(found, wanted.astype(np.float32))


def write(folder: Path, kind: str, points: np.ndarray, normals: np.ndarray) -> Path:
    path, rows = folder / f"a.{kind}", np.hstack([points, normals])
    lines = [" ".join(map(str, row)) for row in rows.tolist()]
    names = {"ply": ("x", "y", "z", "nx", "ny", "nz"),
             "pcd": ("x", "y", "z", "normal_x", "normal_y", "normal_z")}  # fmt: skip
    if kind == "npz":
        np.savez(path, points=points, normals=normals)
    elif kind == "ply":
        head = ["ply", "format ascii 1.0", f"element vertex {len(rows)}",
                *(f"property double {name}" for name in names["ply"]), "end_header"]  # fmt: skip
        path.write_text("\n".join(head + lines) + "\n")
    else:
        head = ["VERSION 0.7", f"FIELDS {' '.join(names['pcd'])}", "SIZE 8 8 8 8 8 8",
                "TYPE F F F F F F", "COUNT 1 1 1 1 1 1", f"WIDTH {len(rows)}", "HEIGHT 1",
                f"POINTS {len(rows)}", "DATA ascii"]  # fmt: skip
        path.write_text("\n".join(head + lines) + "\n")
    return path


@pytest.mark.parametrize("kind", ["ply", "pcd", "npz"])
def test_normals_of_the_file_go_first(kind: str, tmp_path: Path) -> None:
    points = np.random.default_rng(0).uniform(0, 3, (4, 3))
    normals = np.array([[0, 0, 5.0], [0, -0.5, 0], [0, 0, 0], [3, 4, 0]])
    path = write(tmp_path, kind, points, normals)
    (found,) = read(path, normals=True).columns["normals"]
    # From z up: y is down, z is what was y; a normal of no length stays unknown.
    assert found.tolist() == [[0, -127, 0], [0, 0, -127], [0, 0, 0], [76, 0, 102]]
    (found,) = read(path, normals=True, up="-y").columns["normals"]
    assert found.tolist() == [[0, 0, 127], [0, -127, 0], [0, 0, 0], [76, 102, 0]]
    broken = write(tmp_path, kind, points, normals * np.nan)
    with pytest.raises(RawFileError, match="4 of 4 points are not finite"):
        read(broken, normals=True)


def test_far_from_zero_metres_are_taken_off(tmp_path: Path) -> None:
    points = np.random.default_rng(0).uniform(0, 4, (50, 3))
    np.save(tmp_path / "a.npy", points + np.array([512_345.0, 5_400_000.0, 300]))
    (found,) = read(tmp_path / "a.npy").frames
    assert np.abs(found).max() < 5
    apart = np.diff(points, axis=0)[:, [0, 2, 1]] * [1, -1, 1]
    np.testing.assert_allclose(np.diff(found, axis=0), apart, atol=1e-5)


def test_every_cloud_below_a_folder_is_a_room(tmp_path: Path) -> None:
    (tmp_path / "ground").mkdir()
    for name in ("ground/office.npy", "hall.npy", ".hidden.npy"):
        np.save(tmp_path / name, np.zeros((3, 3)))
    (tmp_path / "photo.png").touch()
    (tmp_path / "notes.txt").touch()
    reader = RoomFiles(tmp_path)
    found = reader.list_videos(tmp_path)
    assert [source.name for source in found] == ["ground/office", "hall"]
    assert {reader.count_frames(source) for source in found} == {1}
    (tmp_path / "hall.xyz").write_text("0 0 0\n")
    with pytest.raises(RawFileError, match="the same recording as"):
        reader.list_videos(tmp_path)
    (tmp_path / "none").mkdir()
    with pytest.raises(InputError, match="holds no cloud"):
        reader.list_videos(tmp_path / "none")


@pytest.mark.parametrize(
    ("points", "options", "said"),
    [
        (np.zeros((5, 3)), {"colour": True}, "no colour, which the model reads"),
        (np.full((5, 3), np.inf), {}, "5 of 5 points are not finite"),
        (np.full((5, 3), np.nan), {"drop_nan": True}, "holds no point"),
        (np.array([[0, 0, 0], [4000.0, 0, 0]]), {}, "unit=0.001"),
        (np.array([[0, 0, 0], [1e300, 0, 0]]), {}, "unit=0.001"),
    ],
)
def test_what_is_no_room_is_one_line(points, options, said, tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", points)
    with pytest.raises(RawFileError, match=said) as caught:
        read(tmp_path / "a.npy", **options)
    assert "\n" not in str(caught.value)
