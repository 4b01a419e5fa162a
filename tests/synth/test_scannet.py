import errno
import json
from pathlib import Path

import numpy as np
import pytest

from pcv.data.files.ply import read_mesh, read_ply
from pcv.data.raw.scannet import ScanNet
from pcv.errors import InputError, PcvError
from pcv.synth import room as furnished
from pcv.synth.scannet import synthesise_scannet


def test_files_are_named_and_laid_out_as_published(rooms_raw: Path) -> None:
    folder = rooms_raw / "scans/scene0001_00"
    ends = [
        ".aggregation.json", "_vh_clean_2.0.010000.segs.json", "_vh_clean_2.labels.ply",
        "_vh_clean_2.ply",
    ]  # fmt: skip
    assert sorted(p.name for p in folder.iterdir()) == [f"scene0001_00{end}" for end in ends]
    mesh = read_mesh(folder / f"scene0001_00{ends[3]}")
    labels = read_ply(folder / f"scene0001_00{ends[2]}")
    np.testing.assert_array_equal(labels.points, mesh.cloud.points)
    assert {1, 2, 5, 22} <= set(labels.labels)  # NYU40
    groups = json.loads((folder / f"scene0001_00{ends[0]}").read_text())["segGroups"]
    assert {group["label"] for group in groups} >= {"wall", "chair", "ceiling"}
    assert (rooms_raw / "scannetv2_val.txt").read_text() == "scene0002_00\n"


@pytest.mark.parametrize("classes", [20, 200])
def test_the_reader_finds_labels_and_instances(rooms_raw: Path, classes: int) -> None:
    reader = ScanNet(rooms_raw, classes)
    sources = reader.list_videos(rooms_raw)
    assert [(s.name, s.split) for s in sources] == [
        ("scene0000_00", "train"), ("scene0001_00", "train"), ("scene0002_00", "test"),
    ]  # fmt: skip
    video = reader.read_video(sources[0])
    labels, instances = (video.columns[name][0] for name in ("labels", "instances"))
    names = reader.point_class_names
    assert len(names) == classes
    found = {names[label] for label in set(labels.tolist()) - {-1}}
    sofa = "sofa" if classes == 20 else "couch"
    assert found - {sofa} >= {"wall", "floor", "bed", "cabinet", "chair", "door", "window"}
    assert ("ceiling" in found) == (classes == 200)
    for one in np.unique(instances):
        assert len(np.unique(labels[instances == one])) == 1
    ahead = video.columns["normals"][0][labels == names.index("floor")].mean(0)
    np.testing.assert_allclose(ahead, [0, -127, 0], atol=4)  # y points down


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(furnished, "SPACING", 0.3)
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        synthesise_scannet(tmp_path / name, rooms=2, seed=seed)

    def files(name: str) -> list[bytes]:
        return [p.read_bytes() for p in sorted((tmp_path / name).rglob("*")) if p.is_file()]

    assert files("a") == files("b")
    assert files("a") != files("c")
    names = [p.name for p in (tmp_path / "a").rglob("*")]
    assert not [name for name in names if name.endswith(".part")]


def test_a_wrong_call_is_one_line(tmp_path: Path, monkeypatch) -> None:
    with pytest.raises(InputError, match="choose 1 to 10000 rooms"):
        synthesise_scannet(tmp_path / "a", rooms=0, seed=0)
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(InputError, match="holds something already"):
        synthesise_scannet(tmp_path, rooms=1, seed=0)
    for code, kind in ((errno.ENOSPC, PcvError), (errno.EACCES, InputError)):

        def fail(*_: object, code: int = code, **__: object) -> None:
            raise OSError(code, "no", "somewhere")

        monkeypatch.setattr(Path, "mkdir", fail)
        with pytest.raises(kind):
            synthesise_scannet(tmp_path / "b", rooms=1, seed=0)
