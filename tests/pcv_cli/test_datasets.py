"""Every raw format from synthetic recordings to scores, by two steps of its own recipes."""

import json
from pathlib import Path

import pytest

from pcv.data.raw import READERS
from pcv.synth.people import FORMATS
from tests.pcv_cli.command import ROOT, pcv

SMALL = ["train.steps=2", "train.precision=float32"]
PEOPLE = [*SMALL, "data.points=32", "encoder.width=0.05", "train.batch=4"]
STREETS = [
    *SMALL, "encoder.width=0.05", "encoder.head_channels=8", "encoder.mlp=16", "train.batch=2",
    "encoder.neighbours=4",
]  # fmt: skip
OBJECTIVE = [
    "objective.channels=16", "objective.autoregressor_depth=1", "objective.autoregressor_mlp=16",
    "objective.bank_size=8", "objective.predictor_hidden=[16, 16]",
]  # fmt: skip


def run(stage: str, recipe: str, store: Path, out: Path, *words: object) -> dict:
    """One stage of a recipe; words are options, or overrides."""
    options = [o for w in words for o in (("--set", w) if "=" in str(w) else (w,))]
    path = ROOT / f"recipes/{recipe}.yaml"
    return json.loads(pcv(stage, path, "--store", store, "--out", out, *options, "--json"))


def small_store(name: str, folder: Path) -> tuple[Path, dict]:
    """Six synthetic videos of two actions of three people, and what the store holds."""
    raw, store = folder / "raw", folder / "store"
    pcv("synth", raw, "--format", name, "--actions", 2, "--subjects", 3, "--trials", 1, "--jobs", 1)
    pcv("prepare", name, raw, store, "--points", 64, "--jobs", 1)
    return store, json.loads(pcv("info", store, "--verify", "--json"))


@pytest.mark.parametrize("name", FORMATS)
def test_raw_recordings_become_a_pretrained_encoder(name: str, tmp_path: Path) -> None:
    store, facts = small_store(name, tmp_path)
    assert (facts["dataset"], facts["videos"], facts["problems"]) == (name, 6, [])
    recipe = "msr" if name == "msr" else f"{name}/pretrain"
    result = run("pretrain", recipe, store, tmp_path / "pre", *PEOPLE, *OBJECTIVE)
    assert result["steps"] == 2


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ntu", "nvgesture", "shrec"])
def test_a_pretrained_encoder_becomes_a_scored_classifier(name: str, tmp_path: Path) -> None:
    store, facts = small_store(name, tmp_path)
    run("pretrain", f"{name}/pretrain", store, tmp_path / "pre", *PEOPLE, *OBJECTIVE)
    tuned = run("finetune", f"{name}/finetune", store, tmp_path / "run", "--from", tmp_path / "pre",
                *PEOPLE, "data.eval_clips=1")  # fmt: skip
    scores = json.loads(pcv("eval", tmp_path / "run", "--json"))
    assert scores["accuracy"] == tuned["scores"]["accuracy"]
    assert scores["n_scored"] == scores["n_in_split"] == facts["splits"]["test"]


@pytest.mark.parametrize(
    ("name", "size", "colour"),
    [
        ("kitti", "_small", False),
        pytest.param("synthia", "", False, marks=pytest.mark.slow),
        pytest.param("synthia", "", True, marks=pytest.mark.slow),
    ],
)
def test_streets_become_a_scored_segmentation(
    name: str, size: str, colour: bool, tmp_path: Path
) -> None:
    raw, store = tmp_path / "raw", tmp_path / "store"
    pcv("synth", raw, "--format", name, "--sequences", 3, "--frames", 5)
    test = ["--test", {"kitti": "02", "synthia": "06-SUNSET"}[name]]
    pcv("prepare", name, raw, store, "--points", 512, "--jobs", 1, *test)
    words = [*STREETS, "data.points=512"]
    words += ["data.colour=true", "encoder.colour=true"] if colour else []
    result = run("pretrain", f"{name}/pretrain{size}", store, tmp_path / "pre", *words, *OBJECTIVE)
    assert result["steps"] == 2
    assert result["scores"]["assignment"] > 0
    start = ("--from", tmp_path / "pre")
    words += ["train.validation_subjects=1"]
    tuned = run("finetune", f"{name}/finetune{size}", store, tmp_path / "run", *start, *words)
    assert tuned["selection"] == "1 validation videos"
    scores = json.loads(pcv("eval", tmp_path / "run", "--json"))
    assert scores["miou_present_classes"] == tuned["scores"]["miou_present_classes"]
    assert sum(map(sum, scores["confusion"])) > 1000
    assert (scores["n_scored"], scores["n_in_split"]) == (1, 1)


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
