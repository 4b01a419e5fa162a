import contextlib
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pcv.config.recipe import Recipe, build_recipe, dump_recipe, load_recipe, same_recipe
from pcv.errors import RecipeError

RECIPES = sorted((Path(__file__).parents[2] / "recipes").glob("**/*.yaml"))


def write(folder: Path, text: str) -> Path:
    path = folder / "recipe.yaml"
    path.write_text(text)
    return path


@pytest.mark.parametrize("path", RECIPES, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_every_recipe_loads_and_survives_a_round_trip(path: Path) -> None:
    recipe = load_recipe(path)
    assert build_recipe(yaml.safe_load(dump_recipe(recipe)), "dump") == recipe


def test_a_value_set_on_the_command_line_wins(tmp_path: Path) -> None:
    path = write(tmp_path, "stage: pretrain\ntrain: {seed: 1}\n")
    recipe = load_recipe(path, ("train.seed=2", "augment.scale=[0.5, 2.0]", "optim.lr=0.1"))
    assert recipe.train.seed == 2
    assert recipe.augment.scale == (0.5, 2.0)
    assert recipe.optim.lr == 0.1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("stage: pretrain\ntrain: {epoch: 3}", "unknown key train.epoch, did you mean epochs"),
        ("stage: pretrain\nobjective: {name: pointcpsc, tau: 1}", "unknown key objective.tau"),
        ("stage: pretend", "stage: Input should be 'pretrain'"),
        ("stage: pretrain\ntrain: {seed: one}", "train.seed"),
        ("stage: pretrain\ntrain: {seed: -1}", "train.seed"),
        ("stage: pretrain\noptim: {lr: .nan}", "optim.lr"),
        ("stage: pretrain\noptim: {lr: 1e-3}", "optim.lr"),
        ("stage: finetune", "objective.name must be classify or segment"),
        ("stage: pretrain\ndata: {frames: 23}", "not a multiple"),
        ("stage: pretrain\ndata: {points: 15}", "encoder pstnet needs at least 16"),
        (
            "stage: probe\nencoder: {name: p4transformer, form: scene}\ndata: {points: 127}",
            "p4transformer needs at least 128",
        ),
        ("stage: probe\ntrain: {shots: 1, label_fraction: 0.5}", "train: shots and label_fraction"),
        ("stage: probe\ntrain: {validation_fold: 0, protocol: paper}", "needs protocol: strict"),
        ("stage: probe\ntrain: {validation_fold: 0, validation_subjects: 0}", "size of a fold"),
        ("stage: finetune\nobjective: {name: segment}\ntrain: {shots: 1}", "train.shots 0"),
        ("stage: probe\nencoder: {name: p4transformer, colour: true}", "colour needs form: scene"),
        (
            "stage: probe\nencoder: {name: p4transformer, form: scene, colour: true}",
            "data.colour must be true",
        ),
        (
            "stage: pretrain\nencoder: {name: p4transformer, form: scene, colour: true}\n"
            "data: {colour: true}\naugment: {drop: 0.1, two_views: true}",
            "augment.drop must be 0",
        ),
        ("stage: pretrain\naugment: {scale: [2.0, 1.0]}", "scale must be"),
        ("- a list", "expected a mapping"),
        ("stage: [", "cannot be read as YAML"),
        ("when: 2020-01-01", "only numbers, text"),
    ],
)
def test_a_bad_recipe_is_one_line_that_names_the_key(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(RecipeError) as caught:
        load_recipe(write(tmp_path, text))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "override", ["train", "=1", "stage.x=1", "train.seed=[", "train.nothing=1"]
)
def test_a_bad_override_is_refused(tmp_path: Path, override: str) -> None:
    with pytest.raises(RecipeError):
        load_recipe(write(tmp_path, "stage: pretrain"), (override,))


def test_a_missing_or_binary_recipe_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="no such recipe"):
        load_recipe(tmp_path / "none.yaml")
    (tmp_path / "b.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RecipeError, match="cannot be read"):
        load_recipe(tmp_path / "b.yaml")


@given(st.recursive(st.none() | st.integers() | st.text(max_size=5), st.lists, max_leaves=5))
def test_no_value_of_a_section_escapes_as_another_error(value: object) -> None:
    with contextlib.suppress(RecipeError):  # any other exception fails the test
        build_recipe({"stage": "pretrain", "train": value}, "x")


def test_an_object_tag_is_not_obeyed(tmp_path: Path) -> None:
    with pytest.raises(RecipeError):
        load_recipe(write(tmp_path, "stage: !!python/object/apply:os.getcwd []"))


def test_defaults_are_the_papers() -> None:
    recipe = Recipe(stage="pretrain")
    assert (recipe.data.frames, recipe.data.points, recipe.train.batch) == (24, 1024, 88)
    assert (recipe.train.epochs, recipe.optim.lr, recipe.encoder.neighbours) == (200, 8e-4, 9)


def test_a_file_of_scenes_becomes_their_names(tmp_path: Path) -> None:
    """What a run learned from stands in its own recipe, whatever becomes of the file."""
    names = tmp_path / "1.txt"
    names.write_text("scene0191_00\nscene0003_01\n")
    path = write(tmp_path, f"stage: pretrain\ntrain: {{scenes: {names}}}\n")
    asked = ("scene0191_00", "scene0003_01")
    assert load_recipe(path).train.scenes == asked
    plain = write(tmp_path, "stage: pretrain\n")
    assert load_recipe(plain, (f"train.scenes={names}",)).train.scenes == asked
    assert load_recipe(plain, ("train.scenes=0.1",)).train.scenes == 0.1
    with pytest.raises(RecipeError, match=r"none\.txt: cannot be read"):
        load_recipe(plain, ("train.scenes=none.txt",))
    points = load_recipe(plain, ("data.labelled_points=few.json",))
    assert points.data.labelled_points == "few.json"
    with pytest.raises(RecipeError, match=r"data\.labelled_points"):
        load_recipe(plain, ("data.labelled_points=-1",))


def test_a_recipe_of_an_older_release_is_the_same_if_what_it_lacks_has_its_default() -> None:
    text = dump_recipe(build_recipe({"stage": "pretrain"}, "test"))
    older = "".join(line for line in text.splitlines(True) if "shots" not in line)
    assert older != text
    assert same_recipe(older, text)
    assert same_recipe(text, text)
    assert not same_recipe(older, text.replace("shots: 0", "shots: 1"))
    assert same_recipe("# store: a\n" + older, text)
    assert not same_recipe("stage: [", text)
    assert not same_recipe("nothing", text)
