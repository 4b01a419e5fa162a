import re
import struct
from pathlib import Path

import numpy as np
import pytest

from pcv.data.files.cloud import Asked
from pcv.data.files.ply import read_mesh, read_ply
from pcv.errors import RawFileError

POINTS = np.array([[1, 2, 3], [4.5, -5, 6]])
HEADER = """ply
format {kind} 1.0
comment made by hand
element vertex 2
property float x
property float y
property double z
property uchar red
property uchar green
property uchar blue
property int label
element face 1
property list uchar int vertex_indices
end_header
"""


def write(path: Path, kind: str = "ascii") -> Path:
    rows = [(*p, 10 * i, 20, 255, i - 1) for i, p in enumerate(POINTS)]
    if kind == "ascii":
        body = "".join(" ".join(map(str, row)) + "\n" for row in rows).encode() + b"3 0 1 1\n"
    else:
        order = "<" if "little" in kind else ">"
        body = b"".join(struct.pack(f"{order}ffdBBBi", *row) for row in rows) + b"\3" + b"\0" * 12
    path.write_bytes(HEADER.format(kind=kind).encode() + body)
    return path


@pytest.mark.parametrize("kind", ["ascii", "binary_little_endian", "binary_big_endian"])
def test_every_format_gives_the_same_cloud(tmp_path: Path, kind: str) -> None:
    cloud = read_ply(write(tmp_path / "a.ply", kind))
    np.testing.assert_array_equal(cloud.points, POINTS)
    assert cloud.colour.tolist() == [[0, 20, 255], [10, 20, 255]]
    assert cloud.labels.tolist() == [-1, 0]


def test_equal_to_open3d(tmp_path: Path) -> None:
    open3d = pytest.importorskip("open3d")
    points = np.random.default_rng(0).normal(size=(100, 3))
    cloud = open3d.geometry.PointCloud(open3d.utility.Vector3dVector(points))
    for ascii_too in (True, False):
        open3d.io.write_point_cloud(str(tmp_path / "a.ply"), cloud, write_ascii=ascii_too)
        np.testing.assert_allclose(read_ply(tmp_path / "a.ply").points, points, atol=1e-5)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: b"solid" + d, "does not begin with ply"),
        (lambda d: b"", "does not begin with ply"),
        (lambda d: d[:60], "its header has no end"),
        (lambda d: d.replace(b"little_endian", b"middle"), "format binary_middle, expected ascii"),
        (lambda d: d.replace(b"vertex 2", b"vertex 999999999"), "its header says 22999999977"),
        (lambda d: d.replace(b"vertex 2", b"vertex -2"), "-2 vertices"),
        (lambda d: d.replace(b"vertex 2", b"vertex two"), "cannot be read as PLY"),
        (lambda d: d.replace(b"element vertex", b"element points"), "first element is not vertex"),
        (lambda d: d.replace(b"property double z", b"property quad z"), "unknown type"),
        (lambda d: d.replace(b"property float x", b"property list uchar x"), "unknown type"),
        (lambda d: d.replace(b"double z", b"double w"), "fields x, y, w, .* expected x, y and z"),
        (lambda d: d.replace(b"double z", b"double x"), "cannot be read as PLY"),
        (lambda d: d[:-20], "bytes of vertices, its header says 46"),
    ],
)
def test_damage_is_one_line(tmp_path: Path, change, said: str) -> None:
    path = write(tmp_path / "a.ply", "binary_little_endian")
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(RawFileError, match=rf"a\.ply: .*{said}") as caught:
        read_ply(path)
    assert "\n" not in str(caught.value)


def test_truncated_text_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.ply")
    path.write_bytes(path.read_bytes()[:-25])
    with pytest.raises(RawFileError, match="numbers for 2 vertices of 7 properties"):
        read_ply(path)
    with pytest.raises(RawFileError, match="cannot be read: No such file"):
        read_ply(tmp_path / "none.ply")


@pytest.mark.parametrize("kind", ["ascii", "binary_little_endian", "binary_big_endian"])
def test_triangles_follow_the_vertices(tmp_path: Path, kind: str) -> None:
    path = write(tmp_path / "a.ply", kind)
    order = ">" if "big" in kind else "<"
    old = b"3 0 1 1\n" if kind == "ascii" else b"\3" + b"\0" * 12
    new = b"3 0 1 1\n" if kind == "ascii" else b"\3" + struct.pack(f"{order}iii", 0, 1, 1)
    path.write_bytes(path.read_bytes().removesuffix(old) + new)
    mesh = read_mesh(path)
    assert mesh.faces.tolist() == [[0, 1, 1]]
    assert mesh.cloud.normals is None
    assert len(mesh.cloud.points) == 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d[:-1], "12 bytes of triangles, its header says 13"),
        (lambda d: d[:-13] + b"\4" + d[-12:], "a face is not a triangle"),
        (lambda d: d[:-1] + b"\1", "a face has a vertex that is not among the 2"),
        (
            lambda d: d.replace(b"list uchar int vertex", b"list quad int vertex"),
            "expected one lis",
        ),
        (lambda d: d.replace(b"end_header", b"property int a\nend_header"), "expected one list"),
    ],
)
def test_damaged_faces_are_one_line_and_clouds_do_not_read_them(tmp_path, change, said) -> None:
    path = write(tmp_path / "a.ply", "binary_little_endian")
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(RawFileError, match=rf"a\.ply: .*{said}"):
        read_mesh(path)
    np.testing.assert_array_equal(read_ply(path).points, POINTS)


@pytest.mark.parametrize("newline", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("kind", ["ascii", "binary_little_endian"])
def test_lines_end_in_any_way_and_vertices_begin_after_them(
    tmp_path: Path, kind: str, newline: bytes
) -> None:
    # The bytes of the first vertex begin as LF and CR do.
    first = np.frombuffer(b"\n\r\n\r", "<f4")[0]
    rows = [(float(first), 2.0, 3.0), (4.5, -5.0, 6.0)]
    header = (
        f"ply\nformat {kind} 1.0\ncomment end_header follows\nelement vertex 2\n"
        "property float x\nproperty float y\nproperty float z\nend_header\n"
    ).encode()
    body = "".join(f"{x!r} {y} {z}\n" for x, y, z in rows).encode()
    body = body.replace(b"\n", newline) if kind == "ascii" else np.array(rows, "<f4").tobytes()
    (tmp_path / "a.ply").write_bytes(header.replace(b"\n", newline) + body)
    np.testing.assert_array_equal(read_ply(tmp_path / "a.ply").points, np.float32(rows))


def test_only_what_is_read_is_checked(tmp_path: Path) -> None:
    path = write(tmp_path / "a.ply")
    text = path.read_text().replace("int vertex_indices", "int vertex_indices\nproperty list uchar "
                                    "float texcoord\nproperty int flags")  # fmt: skip
    text = text.replace("int label", "float label").replace("255 -1", "255 -0.5")
    path.write_text(text.replace("uchar red", "ushort red").replace("0 20 255", "70000 20 255"))
    cloud = read_ply(path, Asked(labels=False, colour=False))
    np.testing.assert_array_equal(cloud.points, POINTS)
    with pytest.raises(RawFileError, match="labels that are not whole numbers"):
        read_ply(path, Asked(colour=False))


def test_colours_of_a_text_are_of_the_type_that_is_declared(tmp_path: Path) -> None:
    text = write(tmp_path / "a.ply").read_text()
    text = text.replace(" 0 20 255", " 0 1 1").replace(" 10 20 255", " 1 1 1")
    for kind, wanted in (("uchar", [0, 1, 1]), ("float", [0, 255, 255])):
        for channel in ("red", "green", "blue"):
            text = re.sub(rf"property \w+ {channel}", f"property {kind} {channel}", text)
        (tmp_path / "a.ply").write_text(text)
        assert read_ply(tmp_path / "a.ply").colour[0].tolist() == wanted
    deep = re.sub("property float (red|green|blue)", r"property ushort \1", text)
    (tmp_path / "a.ply").write_text(deep.replace("0 1 1 ", "0 256 65535 "))
    assert read_ply(tmp_path / "a.ply").colour[0].tolist() == [0, 1, 255]
