import struct
from pathlib import Path

import numpy as np
import pytest

from pcv.data.files.pcd import read_pcd
from pcv.errors import RawFileError

HEADER = """# .PCD v0.7
VERSION 0.7
FIELDS x y z _ rgb label
SIZE 4 4 4 1 4 4
TYPE F F F U F U
COUNT 1 1 1 3 1 1
WIDTH 2
HEIGHT 1
VIEWPOINT 0 0 0 1 0 0 0
POINTS 2
DATA {kind}
"""
POINTS = np.array([[1, 2, 3], [4.5, -5, 6]])
PACKED = [0x0A141E, 0xFF0001]


def rows() -> list[tuple]:
    packed = np.array(PACKED, np.uint32).view(np.float32)
    return [(*p, 0, 0, 0, packed[i], i + 3) for i, p in enumerate(POINTS)]


def write(path: Path, kind: str) -> Path:
    if kind == "ascii":
        body = "".join(" ".join(repr(float(v)) for v in row) + "\n" for row in rows()).encode()
    elif kind == "binary":
        body = b"".join(struct.pack("<fff3BfI", *row) for row in rows())
    else:
        table = list(zip(*rows(), strict=True))
        plain = b"".join(struct.pack("<2f", *table[i]) for i in range(3))
        plain += b"\0" * 6 + struct.pack("<2f", *table[6]) + struct.pack("<2I", *table[7])
        packed = b"".join(bytes([len(plain[i : i + 32]) - 1]) + plain[i : i + 32]
                          for i in range(0, len(plain), 32))  # fmt: skip
        body = struct.pack("<II", len(packed), len(plain)) + packed
    path.write_bytes(HEADER.format(kind=kind).encode() + body)
    return path


@pytest.mark.parametrize("kind", ["ascii", "binary", "binary_compressed"])
def test_every_kind_gives_the_same_cloud(tmp_path: Path, kind: str) -> None:
    cloud = read_pcd(write(tmp_path / "a.pcd", kind))
    np.testing.assert_array_equal(cloud.points, POINTS)
    assert cloud.colour.tolist() == [[10, 20, 30], [255, 0, 1]]
    assert cloud.labels.tolist() == [3, 4]


def test_equal_to_open3d(tmp_path: Path) -> None:
    open3d = pytest.importorskip("open3d")
    rng = np.random.default_rng(0)
    points = np.repeat(rng.normal(size=(50, 3)), 4, axis=0)  # repeats make compression copy
    cloud = open3d.geometry.PointCloud(open3d.utility.Vector3dVector(points))
    cloud.colors = open3d.utility.Vector3dVector(np.repeat(rng.random((50, 3)), 4, axis=0))
    for options in ({"write_ascii": True}, {}, {"compressed": True}):
        open3d.io.write_point_cloud(str(tmp_path / "a.pcd"), cloud, **options)
        found = read_pcd(tmp_path / "a.pcd")
        np.testing.assert_allclose(found.points, points, atol=1e-5)
        assert np.abs(found.colour - np.asarray(cloud.colors) * 255).max() <= 1


@pytest.mark.parametrize(
    ("kind", "change", "said"),
    [
        ("binary", lambda d: d[:40], "its header has no end"),
        ("binary", lambda d: d[:-1], "bytes of points, its header says 46"),
        ("binary", lambda d: d.replace(b"POINTS 2", b"POINTS 99999999"), "99999999 points"),
        ("binary", lambda d: d.replace(b"POINTS 2\n", b""), "no 'POINTS'"),
        ("binary", lambda d: d.replace(b"TYPE F F F", b"TYPE Q F F"), "no 'Q'"),
        ("binary", lambda d: d.replace(b"SIZE 4 4 4", b"SIZE 3 4 4"), "cannot be read as PCD"),
        ("binary", lambda d: d.replace(b"COUNT 1 1 1", b"COUNT 1 1"), "other numbers of fields"),
        ("binary", lambda d: d.replace(b"DATA binary", b"DATA magic"), "its data is magic"),
        ("binary", lambda d: d.replace(b"x y z", b"u v w"), "expected x, y and z"),
        ("ascii", lambda d: d[:-30], "numbers for 2 points of 8"),
        ("ascii", lambda d: d.replace(b"4.5", b"four"), "cannot be read as PCD"),
        ("binary_compressed", lambda d: d[:-1], "that unpack to 46"),
        ("binary_compressed", lambda d: d[:-48] + b"\xff" + d[-47:], "damaged compression"),
    ],
)
def test_damage_is_one_line(tmp_path: Path, kind: str, change, said: str) -> None:
    path = write(tmp_path / "a.pcd", kind)
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(RawFileError, match=rf"a\.pcd: .*({said})") as caught:
        read_pcd(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["ascii", "binary", "binary_compressed"])
def test_small_letters_and_fields_without_numbers_are_read(tmp_path: Path, kind: str) -> None:
    path = write(tmp_path / "a.pcd", kind)
    data = path.read_bytes().replace(b"TYPE F F F U F U", b"TYPE f f f u f u f")
    data = data.replace(b"rgb label", b"rgb label empty").replace(b"4 4 4 1 4 4", b"4 4 4 1 4 4 4")
    path.write_bytes(data.replace(b"COUNT 1 1 1 3 1 1", b"COUNT 1 1 1 3 1 1 0"))
    cloud = read_pcd(path)
    np.testing.assert_array_equal(cloud.points, POINTS)
    assert cloud.colour.tolist() == [[10, 20, 30], [255, 0, 1]]
    assert cloud.labels.tolist() == [3, 4]


def test_packed_colours_of_a_dark_frame_are_bytes(tmp_path: Path) -> None:
    header = HEADER.format(kind="ascii").replace("4 4 4 1 4 4", "4 4 4 1 4 4")
    header = header.replace("F F F U F U", "F F F U U U")
    (tmp_path / "a.pcd").write_text(header + "1 2 3 0 0 0 257 3\n4 5 6 0 0 0 65536 4\n")
    assert read_pcd(tmp_path / "a.pcd").colour.tolist() == [[0, 1, 1], [1, 0, 0]]
