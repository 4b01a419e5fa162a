import sys
from pathlib import Path

import numpy as np
import pytest

from pcv.data.files.cloud import Asked
from pcv.data.files.cloud_files import DepthCamera, full_colour_of, read_cloud
from pcv.data.files.png import write_png
from pcv.errors import InputError, RawFileError

TABLE = np.array([[1, 2, 3, 10, 20, 30, 0], [4.5, -5, 6, 0, 0, 255, -1]])


def test_text_and_numpy_tables(tmp_path: Path) -> None:
    (tmp_path / "a.xyz").write_text("# x y z r g b l\n1 2 3 10 20 30 0\n4.5,-5,6,0,0,255,-1\n\n")
    np.save(tmp_path / "a.npy", TABLE)
    np.savez(
        tmp_path / "a.npz", xyz=TABLE[:, :3], label=TABLE[:, 6].astype(int),
        rgb=TABLE[:, 3:6] / 255, normals=TABLE[:, :3],
    )  # fmt: skip
    for name in ("a.xyz", "a.npy", "a.npz"):
        cloud = read_cloud(tmp_path / name)
        np.testing.assert_array_equal(cloud.points, TABLE[:, :3])
        assert cloud.labels.tolist() == [0, -1]
        assert cloud.colour.tolist() == [[10, 20, 30], [0, 0, 255]]
    np.testing.assert_array_equal(cloud.normals, TABLE[:, :3])


@pytest.mark.parametrize(
    ("text", "said"),
    [("1 2 3\n1 2\n", "not a row of numbers"), ("1 2 x\n", "not a row of numbers"),
     ("1 2\n", "a table of shape"), ("\0\0", "not a row of numbers")],
)  # fmt: skip
def test_text_that_is_no_table_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "a.xyz").write_text(text)
    with pytest.raises(RawFileError, match=rf"a\.xyz: .*{said}"):
        read_cloud(tmp_path / "a.xyz")


def test_an_empty_text_is_an_empty_frame(tmp_path: Path) -> None:
    (tmp_path / "a.xyz").write_text("# nobody there\n")
    assert read_cloud(tmp_path / "a.xyz").points.shape == (0, 3)


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"labels": [1]}, "holds labels, expected points"),
        ({"points": np.zeros((2, 2))}, r"expected numbers \(n, 3\)"),
        ({"points": np.zeros((2, 3)), "labels": [1]}, r"labels is .* expected numbers \(2\)"),
        ({"points": np.array([{}, {}], object)}, "pickled objects"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(tmp_path: Path, arrays: dict, said: str) -> None:
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(RawFileError, match=rf"a\.npz: .*{said}"):
        read_cloud(tmp_path / "a.npz")


def test_depth_needs_a_camera_and_sixteen_grey_bits(tmp_path: Path) -> None:
    depth = np.zeros((4, 6), np.uint16)
    depth[1, 2] = 3000
    write_png(tmp_path / "a.png", depth)
    cloud = read_cloud(tmp_path / "a.png", DepthCamera((100.0, 200.0)))
    np.testing.assert_allclose(cloud.points, [[-1 / 100 * 3000, -1 / 200 * 3000, 3000]])
    with pytest.raises(RawFileError, match="without a camera; give --focal"):
        read_cloud(tmp_path / "a.png")
    write_png(tmp_path / "a.png", depth.astype(np.uint8))
    with pytest.raises(RawFileError, match="expected 16-bit grey depth"):
        read_cloud(tmp_path / "a.png", DepthCamera((100.0, 100.0)))


@pytest.mark.parametrize("name", ["a.las", "a.laz"])
def test_las(tmp_path: Path, name: str) -> None:
    laspy = pytest.importorskip("laspy")
    las = laspy.create(point_format=2)
    las.header.scales, las.header.offsets = [0.001] * 3, [500_000, 0, 0]
    las.x, las.y, las.z = np.array([[500_001, 500_004.5], [2, -5], [3, 6]])
    las.classification = np.array([2, 6])
    las.red, las.green, las.blue = np.array([[65535, 256], [0, 512], [0, 0]], np.uint16)
    las.write(str(tmp_path / name))
    cloud = read_cloud(tmp_path / name)
    np.testing.assert_allclose(cloud.points, [[500_001, 2, 3], [500_004.5, -5, 6]])
    assert cloud.labels.tolist() == [2, 6]
    assert cloud.colour.tolist() == [[255, 0, 0], [1, 2, 0]]
    whole = (tmp_path / name).read_bytes()
    for keep in (0, 3, 100, len(whole) - 5):
        (tmp_path / name).write_bytes(whole[:keep])
        with pytest.raises(RawFileError, match=name) as caught:
            read_cloud(tmp_path / name)
        assert "\n" not in str(caught.value)


def test_las_without_laspy_says_what_to_install(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "laspy", None)
    with pytest.raises(InputError, match=r"pip install 'pcv\[las\]'"):
        read_cloud(tmp_path / "a.las")


def test_a_saturated_depth_is_no_point(tmp_path: Path) -> None:
    write_png(tmp_path / "1.png", np.array([[65535, 0], [1000, 65535]], np.uint16))
    cloud = read_cloud(tmp_path / "1.png", DepthCamera((1.0, 1.0)))
    assert cloud.points[:, 2].tolist() == [1000]


def test_a_fourth_column_is_a_label_only_where_labels_are_asked_for(tmp_path: Path) -> None:
    table = np.array([[1, 2, 3, 0.25], [4, 5, 6, 0.75]], np.float32)
    np.save(tmp_path / "a.npy", table)
    np.savetxt(tmp_path / "a.xyz", table)
    for name in ("a.npy", "a.xyz"):
        cloud = read_cloud(tmp_path / name, None, Asked(labels=False))
        np.testing.assert_array_equal(cloud.points, table[:, :3])
        with pytest.raises(RawFileError, match="labels that are not whole numbers"):
            read_cloud(tmp_path / name)


def test_arrays_that_are_not_asked_for_refuse_nothing(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", points=TABLE[:, :3], labels=[0.5], rgb=[["x"]],
             notes=np.array([{}], object))  # fmt: skip
    cloud = read_cloud(tmp_path / "a.npz", None, Asked(False, False, False))
    np.testing.assert_array_equal(cloud.points, TABLE[:, :3])


def test_numpy_fields_go_by_name(tmp_path: Path) -> None:
    kind = [("x", "f4"), ("y", "f4"), ("z", "f4"), ("intensity", "f4"), ("label", "u2")]
    np.save(tmp_path / "a.npy", np.array([(1, 2, 3, 0.5, 7)], kind))
    cloud = read_cloud(tmp_path / "a.npy")
    assert (cloud.points.tolist(), cloud.labels.tolist()) == ([[1, 2, 3]], [7])


def test_whole_numbers_of_a_text_are_bytes_and_others_are_shares(tmp_path: Path) -> None:
    for text, wanted in (("1 2 3 0 1 0", [0, 1, 0]), ("1 2 3 0.0 1.0 0.5", [0, 255, 128])):
        (tmp_path / "a.xyz").write_text(text)
        assert read_cloud(tmp_path / "a.xyz").colour[0].tolist() == wanted


def test_the_frames_of_a_video_have_one_full_colour(tmp_path: Path) -> None:
    dark, bright = np.array([[1, 2, 3, 0, 1, 1]]), np.array([[1, 2, 3, 0, 1, 200]])
    for name, table in (("1.npy", dark), ("2.npy", bright)):
        np.save(tmp_path / name, table.astype(np.float64))
    paths = [tmp_path / "1.npy", tmp_path / "2.npy"]
    assert full_colour_of(paths) == 255
    assert full_colour_of(paths[:1]) == 1
    asked = Asked(brightest=full_colour_of(paths))
    assert read_cloud(paths[0], None, asked).colour.tolist() == [[0, 1, 1]]


def test_a_lidar_scan_loses_beams_that_did_not_return(tmp_path: Path) -> None:
    np.array([[9, -1, 2, 0.5], [0, 0, 0, 0], [-5, 1, 0, 0.1]], "<f4").tofile(tmp_path / "a.bin")
    assert read_cloud(tmp_path / "a.bin").points.tolist() == [[9, -1, 2], [-5, 1, 0]]
