"""``pcv view`` and ``pcv teach``, as commands."""

import json
import sys
from pathlib import Path

import yaml

from pcv.config.recipe import dump_recipe
from pcv.data.store.store import Store
from tests.pcv_cli.command import pcv
from tests.stages.posed_jobs import posed_job, posed_store


def pretrained(store: Store, folder: Path) -> Path:
    recipe = yaml.safe_load(dump_recipe(posed_job(store.path, folder / "run").recipe))
    (folder / "small.yaml").write_text(yaml.safe_dump(recipe))
    pcv("pretrain", folder / "small.yaml", "--store", store.path, "--out", folder / "run")
    return folder / "run"


def test_a_run_is_drawn_and_every_mistake_is_one_line(tmp_path, monkeypatch):
    store = posed_store(tmp_path)
    run = pretrained(store, tmp_path)
    found = json.loads(pcv("view", run, "--out", tmp_path / "a.png", "--json"))
    assert (tmp_path / "a.png").is_file()
    assert found["views"] == 2
    assert "no recording x" in pcv("view", run, "--out", tmp_path / "b.png", "--scene", "x", code=2)
    monkeypatch.setitem(sys.modules, "transformers", None)
    said = pcv("teach", store.path, tmp_path / "f", "--weights", tmp_path, code=1)
    assert "pip install" in said
    assert not (tmp_path / "f").exists()
    other = pcv("pretrain", tmp_path / "small.yaml", "--store", store.path, "--out",
                tmp_path / "c", "--set", "data.views=0", code=2)  # fmt: skip
    assert "data.views must be positive" in other
