"""Every recipe of GaussianCross runs, its network small, on synthetic rooms."""

import json
from pathlib import Path

import numpy as np
import pytest
import yaml

from pcv.data.scenes.teacher_features import finish_features, write_features
from tests.pcv_cli.command import pcv
from tests.stages.posed_jobs import posed_store

ROOT = Path(__file__).parents[2] / "recipes"
RECIPES = sorted([*ROOT.glob("*/*_gaussiancross*.yaml"), *ROOT.glob("rgbd/*.yaml")])
ENCODER = ("voxel=0.3", "stem=4", "channels=[4,4]", "blocks=[1,1]")
TRAIN = ("batch=2", "steps=2", "precision=float32")
OBJECTIVE = (
    "lattice=[6,4,6]", "dense=[4]", "dense_out=4", "hidden=4", "features=4", "keep_at_least=16",
)  # fmt: skip


@pytest.fixture(scope="module")
def posed(tmp_path_factory):
    return posed_store(tmp_path_factory.mktemp("posed"))


@pytest.mark.parametrize("path", RECIPES, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_every_recipe_runs_for_two_steps(path, posed, rooms, tmp_path):
    recipe = yaml.safe_load(path.read_text())
    stage, wide = recipe["stage"], {"data": ("points=500",), "encoder": ENCODER, "train": TRAIN}
    changes = [f"{section}.{word}" for section, words in wide.items() for word in words]
    store = rooms
    if stage == "pretrain":
        changes += ["data.image=[24,32]", *(f"objective.{word}" for word in OBJECTIVE)]
        store = posed
    else:
        changes += ["data.dataset=scannet", "data.spacing=0.2", "train.test_subjects=[2]"]
    if recipe["data"].get("teacher"):
        channels = recipe["objective"]["teacher_channels"]
        for name in posed.videos.name:
            for frame in range(6):
                write_features(tmp_path / "f", name, frame, np.ones((2, 3, channels)))
        finish_features(tmp_path / "f", "ones", (2, 3, channels))
        changes.append(f"data.teacher={tmp_path / 'f'}")
    overrides = [word for change in changes for word in ("--set", change)]
    out = json.loads(
        pcv(stage, path, "--store", store.path, "--out", tmp_path / "run", *overrides, "--json")
    )
    assert out["steps"] == (0 if stage == "probe" else 2)
    wanted = "psnr" if stage == "pretrain" else "miou_present_classes"
    assert wanted in out["scores"]


def test_recipes_that_start_from_one_run_agree_on_the_encoder():
    for start in (
        "scannet/pretrain_gaussiancross",
        "rgbd/pretrain_redkitchen_small",
        "rgbd/pretrain_rooms_small",
    ):
        first = yaml.safe_load((ROOT / f"{start}.yaml").read_text())["encoder"]
        _, variant = start.split("_")[:2]
        others = [
            p for p in RECIPES if p.stem.startswith((f"finetune_{variant}", f"probe_{variant}"))
        ]
        assert others
        assert all(yaml.safe_load(p.read_text())["encoder"] == first for p in others)
