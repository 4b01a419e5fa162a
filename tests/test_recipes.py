"""Recipes are where their names say, runs of two never meet, and the pages about them are true."""

import re
from collections import Counter
from pathlib import Path

import pytest

from pcv.config.recipe import load_recipe
from pcv.stages.job import recipe_name

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "recipes"
RECIPES = {p.relative_to(FOLDER).as_posix(): p for p in sorted(FOLDER.rglob("*.yaml"))}
SCRIPTS = {p.relative_to(FOLDER).as_posix(): p for p in sorted(FOLDER.rglob("*.sh"))}
PAGES = [ROOT / "README.md", FOLDER / "README.md", FOLDER / "tables/README.md"]
EXAMPLES = [ROOT / "Makefile", ROOT / "pcv_cli/app.py", ROOT / "pcv_cli/models.py"]
MENTIONING = [*PAGES, *EXAMPLES, *RECIPES.values()]  # recipes do in their comments
BESIDE_THE_FOLDERS = {"msr.yaml": "pretrain"}  # and its stage
OF_ANOTHER_DATASET = {  # than the folder; None: the recipe takes any
    "demo/pretrain_tiny.yaml": "msr",  # the demo writes synthetic people in its format
    "demo/finetune_tiny.yaml": "msr",
    "demo/probe_tiny.yaml": "msr",
    "scannet/pretrain_gaussiancross.yaml": "rgbd",  # the frames of the same rooms
    "rgbd/finetune_rooms_small.yaml": None,  # any labelled rooms
    "rgbd/finetune_rooms_instances_small.yaml": None,
    "rgbd/probe_rooms_small.yaml": None,
    "rgbd/probe_redkitchen_small.yaml": None,
}
NAME = re.compile(r"(finetune|pretrain|probe)(_[a-z0-9]+)*?(_small|_tiny)?")


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_lies_in_the_folder_of_its_dataset(name: str) -> None:
    dataset = load_recipe(RECIPES[name]).data.dataset
    folder = name.partition("/")[0]
    if name in BESIDE_THE_FOLDERS:
        assert dataset == RECIPES[name].stem
    elif name in OF_ANOTHER_DATASET:
        assert dataset == OF_ANOTHER_DATASET[name] != folder
    else:
        assert dataset == folder


@pytest.mark.parametrize("name", RECIPES)
def test_the_name_of_a_recipe_begins_with_its_stage(name: str) -> None:
    stage = load_recipe(RECIPES[name]).stage
    if name in BESIDE_THE_FOLDERS:
        assert stage == BESIDE_THE_FOLDERS[name]
    else:
        assert NAME.fullmatch(RECIPES[name].stem)
        assert RECIPES[name].stem.partition("_")[0] == stage


def test_runs_of_two_recipes_never_share_a_folder() -> None:
    names = Counter(recipe_name(p, load_recipe(p).data.dataset) for p in RECIPES.values())
    assert names.most_common(1)[0][1] == 1, names


@pytest.mark.parametrize("text", MENTIONING, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_what_mentions_a_recipe_or_a_script_names_one_that_exists(text: Path) -> None:
    named = re.findall(r"[\w./-]+\.(?:yaml|sh)\b", text.read_text())
    named += re.findall(r"(?<![\w/])recipes/[a-z0-9]+/(?!\w)", text.read_text())
    places = (ROOT, FOLDER, text.parent)
    assert [name for name in named if not any((place / name).exists() for place in places)] == []


def test_the_pages_of_recipes_list_every_one_of_them() -> None:
    listed = re.findall(r"^\| `([\w/]+\.yaml)` \|", PAGES[1].read_text(), re.MULTILINE)
    assert sorted(listed) == sorted(RECIPES)
    tables = PAGES[2].read_text()
    assert [s for s in SCRIPTS if s.startswith("tables/") and f"`recipes/{s}" not in tables] == []
