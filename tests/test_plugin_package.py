"""A package of somebody else: installed beside pcv, known to it like its own."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
PRETRAIN = """
stage: pretrain
data: {dataset: toy, frames: 4, points: 16, epoch: videos}
encoder: {name: meanpool, channels: 8}
objective: {name: centroid, weight: 2.0}
train: {epochs: 2, batch: 2, log_every: 1}
"""
FINETUNE = """
stage: finetune
data: {dataset: toy, frames: 4, points: 16, epoch: videos}
encoder: {name: meanpool, channels: 8}
objective: {name: toy_classify}
train: {epochs: 2, batch: 2, log_every: 1, validation_subjects: 0}
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """The folder that pip installed the package of ``tests/plugin`` into."""
    folder = tmp_path_factory.mktemp("plugin")
    source = shutil.copytree(ROOT / "tests/plugin", folder / "source")
    options = ["--no-deps", "--no-build-isolation", "--disable-pip-version-check", "--quiet"]
    into = ["--target", str(folder / "site"), str(source)]
    command = [sys.executable, "-m", "pip", "install", *options, *into]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "site"


@pytest.fixture(scope="module")
def raw(tmp_path_factory) -> Path:
    """Blobs that drift to the left or to the right."""
    folder, rng = tmp_path_factory.mktemp("toy"), np.random.default_rng(0)
    for label in (1, 2):
        for subject in range(1, 5):
            shape = rng.random((20, 3))
            drift = np.array([0.2, 0, 0]) * (1 if label == 1 else -1)
            rows = [[t, *(point + drift * t)] for t in range(6) for point in shape]
            np.savetxt(folder / f"a{label}_s{subject}.toy", rows)
    return folder


def run(*words: object, path: Path | None, code: int = 0) -> str:
    """Run ``pcv``; with ``path`` the package that is installed there is beside it."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(path or ""), str(ROOT)])}
    done = subprocess.run(
        [sys.executable, "-m", "pcv_cli", *map(str, words)],
        capture_output=True, text=True, cwd=ROOT, env=environment | {"COLUMNS": "200"},
        check=False,
    )  # fmt: skip
    assert done.returncode == code, (done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    return done.stdout + (done.stderr if code else "")


def test_a_package_brings_a_dataset_an_encoder_and_objectives(site, raw, tmp_path: Path) -> None:
    assert "Toy recordings" in run("prepare", "--help", path=site)
    assert "Metres per unit of the files" in run("prepare", "toy", "--help", path=site)
    run("prepare", "toy", raw, tmp_path / "store", path=site)
    assert json.loads(run("info", tmp_path / "store", "--json", path=site))["dataset"] == "toy"
    for name, text in (("pretrain", PRETRAIN), ("finetune", FINETUNE)):
        (tmp_path / f"{name}.yaml").write_text(text)
    given = ("--store", tmp_path / "store", "--out")
    run("pretrain", tmp_path / "pretrain.yaml", *given, tmp_path / "pre", path=site)
    start = ("--from", tmp_path / "pre")
    run("finetune", tmp_path / "finetune.yaml", *start, *given, tmp_path / "fine", path=site)
    scored = json.loads(run("eval", tmp_path / "fine", "--json", path=site))
    assert (scored["n_scored"], scored["n_in_split"]) == (4, 4)
    run("export", tmp_path / "fine", tmp_path / "model", path=site)
    for model in ("fine", "model"):
        found = json.loads(run("predict", tmp_path / model, raw, "--json", path=site))
        assert {each["format"] for each in found["inputs"]} == {"toy"}
        told = {row["recording"]: row["label"] for row in found["recordings"]}
        assert set(told) == {path.stem for path in raw.iterdir()}
        right = [told[f"a{label}_s{subject}"] == name
                 for label, name in ((1, "left"), (2, "right")) for subject in (2, 4)]  # fmt: skip
        assert sum(right) == scored["n_correct"]
    assert "pcv-toy" in run("doctor", path=site)


def test_its_mistakes_are_one_line(site, raw, tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text(PRETRAIN.replace("weight", "wait"))
    given = ("--store", raw, "--out", tmp_path / "r")
    said = run("pretrain", tmp_path / "r.yaml", *given, path=site, code=2)
    assert "unknown key objective.wait, did you mean weight?" in said
    (tmp_path / "r.yaml").write_text(PRETRAIN)
    said = run("pretrain", tmp_path / "r.yaml", *given, path=None, code=2)
    assert "encoder: no encoder has the name 'meanpool'; choose pstnet" in said


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("[pcv.encoders]\npstnet = pcv_toy.encoder:MeanPoolConfig\n", "registered by pcv and pcv-"),
        ("[pcv.encoders]\npstnet2 = pcv_gone:Config\n", "pstnet2 of the package pcv-bad cannot be"),
        (
            "[pcv.encoders]\npstnet2 = pathlib:Path\n",
            "pathlib:Path, which is not a pcv.config.",
        ),
    ],
)
def test_a_broken_or_clashing_package_is_named(site, raw, tmp_path: Path, entry, said) -> None:
    info = shutil.copytree(site, tmp_path / "site") / "pcv_bad-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: pcv-bad\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(entry)
    name = entry.split("\n")[1].split(" ")[0]
    (tmp_path / "r.yaml").write_text(PRETRAIN.replace("meanpool, channels: 8", name))
    given = ("--store", raw, "--out", tmp_path / "r")
    told = run("pretrain", tmp_path / "r.yaml", *given, path=tmp_path / "site", code=1)
    assert said in told
    assert "pcv-bad" in told
    assert said in run("doctor", path=tmp_path / "site", code=1)
    # What does not name it goes on as before.
    (tmp_path / "r.yaml").write_text(PRETRAIN.replace("weight", "wait"))
    run("pretrain", tmp_path / "r.yaml", *given, path=tmp_path / "site", code=2)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("[pcv.readers]\nmsr = pcv_toy.reader:ToyDataset\n", "registered by pcv and pcv-bad"),
        ("[pcv.readers]\nother = pcv_gone:Reader\n", "of the package pcv-bad cannot be loaded"),
    ],
)
def test_a_broken_reader_leaves_the_others_alone(site, raw, tmp_path: Path, entry, said) -> None:
    info = shutil.copytree(site, tmp_path / "site") / "pcv_bad-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: pcv-bad\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(entry)
    name = entry.split("\n")[1].split(" ")[0]
    assert said in run("prepare", name, raw, tmp_path / "a", path=tmp_path / "site", code=1)
    assert "Toy recordings" in run("prepare", "--help", path=tmp_path / "site")
    run("prepare", "toy", raw, tmp_path / "b", path=tmp_path / "site")
