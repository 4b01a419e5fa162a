"""Every recipe of rooms runs, its network and its regions small, on synthetic rooms."""

import json
from pathlib import Path

import pytest
import yaml

from tests.pcv_cli.command import pcv

ROOT = Path(__file__).parents[2]
RECIPES = sorted((ROOT / "recipes").glob("s*/*_pointcsp*.yaml"))
DATA = ("dataset=scannet", "points=512", "spacing=0.2")
ENCODER = ("channels=8", "depth=1", "heads=1", "key_channels=4", "value_channels=4", "mlp=8")
TRAIN = ("batch=2", "steps=2", "precision=float32", "workers=0", "test_subjects=[2]")
VIEWS = ("global_points=16", "local_points=8", "head_hidden=8", "prototypes=8")


@pytest.mark.parametrize("path", RECIPES, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_every_recipe_of_rooms_runs_for_two_steps(path: Path, rooms, tmp_path: Path) -> None:
    stage = yaml.safe_load(path.read_text())["stage"]
    sections = {"data": DATA, "encoder": ENCODER, "train": TRAIN}
    changes = [f"{section}.{word}" for section, words in sections.items() for word in words]
    if stage == "pretrain":
        changes += [f"objective.{word}" for word in VIEWS]
    overrides = [word for change in changes for word in ("--set", change)]
    out = json.loads(
        pcv(stage, path, "--store", rooms.path, "--out", tmp_path / "run", *overrides, "--json")
    )
    assert out["steps"] == (0 if stage == "probe" else 2)
    assert "batch_drift" in out["scores"] or out["n_scored"] == 1


def test_recipes_of_one_system_agree_on_the_encoder() -> None:
    for kind in ("pointcsp", "pointcsp_small"):
        encoders = [yaml.safe_load(p.read_text())["encoder"] for p in RECIPES
                    if p.stem.partition("_")[2] == kind]  # fmt: skip
        assert len(encoders) > 2
        assert all(encoder == encoders[0] for encoder in encoders)
