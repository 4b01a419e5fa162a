"""Every raw format from synthetic recordings to two steps of its own pretraining recipe."""

import json
from pathlib import Path

import pytest

from pcv.data.raw import READERS
from pcv.data.synth import FORMATS
from tests.pcv_cli.command import ROOT, pcv

TINY = [
    "data.points=32", "encoder.width=0.05", "train.batch=4", "train.steps=2",
    "train.precision=float32", "objective.channels=16", "objective.autoregressor_depth=1",
    "objective.autoregressor_mlp=16", "objective.bank_size=8",
    "objective.predictor_hidden=[16, 16]",
]  # fmt: skip


@pytest.mark.parametrize("name", FORMATS)
def test_raw_recordings_become_a_pretrained_encoder(name: str, tmp_path: Path) -> None:
    raw, store = tmp_path / "raw", tmp_path / "store"
    pcv("synth", raw, "--format", name, "--actions", 2, "--subjects", 3, "--trials", 1, "--jobs", 1)
    pcv("prepare", name, raw, store, "--points", 64, "--jobs", 1)
    facts = json.loads(pcv("info", store, "--verify", "--json"))
    assert (facts["dataset"], facts["videos"], facts["problems"]) == (name, 6, [])
    overrides = [word for value in TINY for word in ("--set", value)]
    result = json.loads(
        pcv("pretrain", ROOT / f"recipes/{name}.yaml", "--store", store, "--out", tmp_path / "run",
            *overrides, "--json")
    )  # fmt: skip
    assert result["steps"] == 2


@pytest.mark.parametrize("name", ["ntu", "nvgesture", "shrec"])
def test_bad_recordings_are_one_line_or_left_out_and_listed(name: str, tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    pcv("synth", raw, "--format", name, "--actions", 2, "--subjects", 3, "--trials", 1, "--jobs", 1)
    victim = sorted(p for p in raw.rglob("*") if p.suffix in (".png", ".avi"))[0]
    victim.write_bytes(victim.read_bytes()[:200])
    said = pcv("prepare", name, raw, tmp_path / "strict", "--points", 16, "--jobs", 1, code=2)
    errors = [line for line in said.splitlines() if "error:" in line]
    assert len(errors) == 1
    assert str(victim) in errors[0]
    said = pcv("prepare", name, raw, tmp_path / "out", "--points", 16, "--jobs", 1, "--skip-bad",
               code=1)  # fmt: skip
    assert victim.relative_to(raw).as_posix() in said
    assert json.loads(pcv("info", tmp_path / "out", "--json"))["videos"] == 5


@pytest.mark.parametrize("name", READERS)
def test_a_folder_of_another_dataset_is_one_line(name: str, tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "holiday.jpg").touch()
    said = pcv("prepare", name, tmp_path / "raw", tmp_path / "out", code=2)
    assert len([line for line in said.splitlines() if "error:" in line]) == 1
    assert "raw" in said
    assert "Example:" in pcv("prepare", name, "--help")


@pytest.mark.parametrize("classes", [20, 200])
def test_synthetic_rooms_become_a_store_of_scenes(classes: int, tmp_path: Path) -> None:
    raw, store = tmp_path / "raw", tmp_path / "store"
    pcv("synth", raw, "--format", "scannet", "--sequences", 1)
    pcv("prepare", "scannet", raw, store, "--classes", classes, "--jobs", 1)
    facts = json.loads(pcv("info", store, "--verify", "--json"))
    assert (facts["dataset"], facts["videos"], facts["problems"]) == ("scannet", 1, [])
    assert set(facts["columns"]) == {"labels", "colour", "normals", "instances"}
    assert len(facts["points_a_class"]) == classes
    assert facts["points_a_scene"]["min"] == sum(facts["points_a_class"].values()) + (
        facts["points_a_class"]["floor"] if classes == 20 else 0  # the ceiling, as large
    )
    assert "choose 20 or 200" in pcv("prepare", "scannet", raw, store, "--classes", 40, code=2)
