import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from pcv.data.raw.scannet import ScanNet
from pcv.errors import InputError, RawFileError
from tests.mutants import refusals

NAME = "scene0000_00"


@pytest.fixture
def raw(rooms_raw: Path, tmp_path: Path) -> Path:
    """One synthetic room and the table."""
    shutil.copytree(rooms_raw / "scans" / NAME, tmp_path / "raw" / NAME)
    shutil.copy(rooms_raw / "scannetv2-labels.combined.tsv", tmp_path / "raw")
    return tmp_path / "raw"


def read(raw: Path, **options: object):
    reader = ScanNet(raw, **options)
    (source,) = reader.list_videos(raw)
    return reader.read_video(source)


def test_labels_and_annotation_agree(raw: Path) -> None:
    by_file = read(raw).columns["labels"][0]
    (raw / NAME / f"{NAME}_vh_clean_2.labels.ply").unlink()
    np.testing.assert_array_equal(read(raw).columns["labels"][0], by_file)


def test_without_annotation_there_are_labels_but_no_instances(raw: Path) -> None:
    wanted = read(raw).columns["labels"][0]
    (raw / NAME / f"{NAME}.aggregation.json").unlink()
    (raw / "scannetv2-labels.combined.tsv").unlink()
    columns = read(raw).columns
    np.testing.assert_array_equal(columns["labels"][0], wanted)
    assert set(columns["instances"][0]) == {-1}
    with pytest.raises(RawFileError, match="its points have no labels"):
        read(raw, classes=200)


def test_normals_of_the_file_come_before_those_of_faces(raw: Path) -> None:
    text = "\n".join([
        "ply", "format ascii 1.0", "element vertex 3",
        *(f"property float {name}" for name in ("x", "y", "z", "nx", "ny", "nz")),
        *(f"property uchar {name}" for name in ("red", "green", "blue")),
        "element face 1", "property list uchar int vertex_indices", "end_header",
        "0 0 0 0 0 5 1 2 3", "1 0 0 1 0 0 1 2 3", "0 1 0 0 0 0 1 2 3", "3 0 1 2", "",
    ])  # fmt: skip
    folder = raw / NAME
    for path in folder.iterdir():
        path.unlink()
    (folder / f"{NAME}_vh_clean_2.ply").write_text(text)
    found = read(raw, unlabelled=True).columns["normals"][0]
    assert found.tolist() == [[0, -127, 0], [127, 0, 0], [0, 0, 0]]
    plain = text.replace("property float nx\n", "").replace("property float ny\n", "")
    plain = plain.replace("property float nz\n", "").replace(" 0 0 5 1", " 1").replace(
        "1 0 0 1 0 0 1", "1 0 0 1").replace("0 1 0 0 0 0 1", "0 1 0 1")  # fmt: skip
    (folder / f"{NAME}_vh_clean_2.ply").write_text(plain)
    assert read(raw, unlabelled=True).columns["normals"][0].tolist() == [[0, -127, 0]] * 3


def rewrite(path: Path, change) -> None:
    tree = json.loads(path.read_text())
    change(tree)
    path.write_text(json.dumps(tree))


@pytest.mark.parametrize(
    ("end", "change", "said"),
    [
        (".aggregation.json", lambda t: t["segGroups"][0].update(label="unicorn"),
         "'unicorn' is not in scannetv2-labels.combined.tsv"),
        (".aggregation.json", lambda t: t.clear(), "no annotation: expected segGroups"),
        (".aggregation.json", lambda t: t["segGroups"].append(7), "no annotation: expected"),
        ("_vh_clean_2.0.010000.segs.json", lambda t: t["segIndices"].pop(), "segments for"),
        ("_vh_clean_2.0.010000.segs.json", lambda t: t.clear(), "no segments for .* points"),
        ("_vh_clean_2.0.010000.segs.json", lambda t: t["segIndices"].append("x"), "segments for"),
    ],
)  # fmt: skip
def test_an_annotation_that_does_not_fit_is_one_line(raw: Path, end: str, change, said) -> None:
    rewrite(raw / NAME / f"{NAME}{end}", change)
    with pytest.raises(RawFileError, match=rf"{NAME}.*{said}") as caught:
        read(raw)
    assert "\n" not in str(caught.value)


def test_missing_and_damaged_files_are_one_line(raw: Path, rooms_raw: Path) -> None:
    annotation = raw / NAME / f"{NAME}.aggregation.json"
    annotation.write_text("{")
    with pytest.raises(RawFileError, match="cannot be read as JSON"):
        read(raw)
    shutil.copy(rooms_raw / "scans" / NAME / annotation.name, annotation)
    table = raw / "scannetv2-labels.combined.tsv"
    table.write_text("id\tname\n1\twall\n")
    with pytest.raises(RawFileError, match="expected the columns raw_category and nyu40id"):
        read(raw)
    table.unlink()
    with pytest.raises(InputError, match=r"combined\.tsv is missing"):
        read(raw)
    (raw / NAME / f"{NAME}_vh_clean_2.0.010000.segs.json").unlink()
    shutil.copy(rooms_raw / table.name, table)
    with pytest.raises(
        RawFileError, match=r"segs\.json: is missing, though its annotation is there"
    ):
        read(raw)


def test_a_labels_file_of_another_mesh_is_one_line(raw: Path, rooms_raw: Path) -> None:
    other = rooms_raw / "scans/scene0001_00/scene0001_00_vh_clean_2.labels.ply"
    shutil.copy(other, raw / NAME / f"{NAME}_vh_clean_2.labels.ply")
    with pytest.raises(RawFileError, match=r"labels for .* points; copy both again"):
        read(raw)
    mesh = raw / NAME / f"{NAME}_vh_clean_2.ply"
    shutil.copy(mesh, raw / NAME / f"{NAME}_vh_clean_2.labels.ply")
    with pytest.raises(RawFileError, match="its vertices have no label"):
        read(raw)
    mesh.write_bytes(mesh.read_bytes().replace(b"property uchar red", b"property uchar hue"))
    with pytest.raises(RawFileError, match=r"no label|no colour"):
        read(raw)
    mesh.write_bytes(b"ply\nformat ascii 1.0\nelement face 0\nend_header\n")
    with pytest.raises(RawFileError, match="first element is not vertex"):
        read(raw)
    mesh.write_text("ply\nformat ascii 1.0\nelement vertex 0\nproperty float x\n"
                    "property float y\nproperty float z\nend_header\n")  # fmt: skip
    with pytest.raises(RawFileError, match=r"_vh_clean_2\.ply: has no vertices"):
        read(raw)


def small(root: Path) -> list[Path]:
    """A room of 20 vertices, with all its files."""
    folder = root / NAME
    folder.mkdir(parents=True)
    points = [f"{x / 10} {y / 10} 0 1 2 3" for x in range(5) for y in range(4)]
    names = [f"float {n}" for n in "xyz"] + [f"uchar {n}" for n in ("red", "green", "blue")]
    head = ["ply", "format ascii 1.0", "element vertex 20", *(f"property {n}" for n in names)]
    end = ["element face 2", "property list uchar int vertex_indices", "end_header"]
    faces = ["3 0 1 4", "3 1 5 4", ""]
    labelled = [f"{line} {1 + i % 2}" for i, line in enumerate(points)]
    texts = {
        "_vh_clean_2.ply": "\n".join([*head, *end, *points, *faces]),
        "_vh_clean_2.labels.ply": "\n".join(
            [*head, "property ushort label", *end, *labelled, *faces]
        ),
        "_vh_clean_2.0.010000.segs.json": json.dumps({"segIndices": [i // 5 for i in range(20)]}),
        ".aggregation.json": json.dumps(
            {"segGroups": [{"label": "wall", "segments": [0, 1]},
                           {"label": "floor", "segments": [2]}]}
        ),
    }  # fmt: skip
    for end_of, text in texts.items():
        (folder / f"{NAME}{end_of}").write_text(text)
    table = root / "scannetv2-labels.combined.tsv"
    table.write_text("id\traw_category\tnyu40id\n1\twall\t1\n3\tfloor\t2\n2\tchair\t5\n")
    return [*sorted(folder.iterdir()), table]


@pytest.mark.parametrize("classes", [20, 200])
def test_no_damage_escapes_as_another_error(tmp_path: Path, classes: int) -> None:
    files = small(tmp_path)
    assert len([*refusals(files, lambda: read(tmp_path, classes=classes), 250)]) > 100


@pytest.mark.parametrize("strange", ["Infinity", "1e400", "[1]", '"x"', "null"])
def test_strange_segments_of_an_annotation_are_one_line(tmp_path: Path, strange: str) -> None:
    files = small(tmp_path)
    (path,) = (file for file in files if file.name.endswith(".aggregation.json"))
    path.write_text(path.read_text().replace("[2]", f"[{strange}]"))
    with pytest.raises(RawFileError, match="is no annotation"):
        read(tmp_path)


@pytest.mark.parametrize("strange", ["99999999999999999999", "-1", "65536", "x"])
def test_strange_ids_of_the_table_are_one_line(tmp_path: Path, strange: str) -> None:
    table = small(tmp_path)[-1]
    table.write_text(table.read_text().replace("floor\t2", f"floor\t{strange}"))
    with pytest.raises(RawFileError, match="is no label table"):
        read(tmp_path)


def test_points_too_far_apart_for_a_room_are_one_line(tmp_path: Path) -> None:
    mesh = next(file for file in small(tmp_path) if file.name.endswith("clean_2.ply"))
    mesh.write_text(mesh.read_text().replace("0.4 0.3 0", "3e38 0.3 0"))
    with pytest.raises(RawFileError, match=r"spread over 3e\+38 m; expected a scene in metres"):
        read(tmp_path)
