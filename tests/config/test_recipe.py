import contextlib
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pcv.config.recipe import Recipe, build_recipe, dump_recipe, load_recipe, same_recipe
from pcv.errors import RecipeError, one_line

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
        ("stage: pretrain\ndata: {frames: 4}", "twice objective.segment_frames"),
        ("stage: pretrain\ndata: {frames: 8}\nobjective: {segment_frames: 2}", "multiple of 4"),
        ("stage: finetune\nobjective: {name: classify, segment_frames: 6}", "multiple of 4"),
        ("stage: probe\nprobe: {segment_frames: 2}", "probe.segment_frames: 2 frames are"),
        (
            "stage: probe\nencoder: {name: p4transformer}\nprobe: {segment_frames: 3}",
            "encoder.temporal_stride 2",
        ),
        (
            "stage: probe\nencoder: {name: p4transformer, temporal_kernel: 7}",
            "encoder.temporal_kernel 7",
        ),
        (
            "stage: probe\nencoder: {name: p4transformer, temporal_padding: [-1, 0]}",
            "encoder.temporal_padding.0",
        ),
        (
            "stage: pretrain\nencoder: {anchors: fps}\naugment: {two_views: true}",
            "encoder.anchors must be prefix",
        ),
        (
            "stage: pretrain\nencoder: {name: p4transformer, anchors: fps}\n"
            "augment: {two_views: true}",
            "encoder.anchors must be prefix",
        ),
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
    "key",
    ["data.points", "data.frames", "data.interval", "data.views", "encoder.width",
     "encoder.neighbours", "objective.channels", "objective.autoregressor_depth",
     "objective.autoregressor_heads", "objective.bank_size", "objective.prototypes",
     "objective.segment_frames", "train.workers", "train.epochs", "train.batch", "train.seed",
     "train.steps", "train.shots", "optim.lr", "probe.linear_epochs", "eval.turns"],
)  # fmt: skip
@pytest.mark.parametrize("value", ["9999999999999999999999", "1" * 400, "-1", "1" * 5000])
def test_a_number_without_bounds_is_one_line(tmp_path: Path, key: str, value: str) -> None:
    with pytest.raises(RecipeError) as caught:
        load_recipe(write(tmp_path, "stage: pretrain"), (f"{key}={value}",))
    assert key in str(caught.value)
    assert len(str(caught.value)) < 500


def test_what_is_no_regular_file_is_no_recipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "large.yaml").write_bytes(b"#" * (2 << 20))
    for path, why in ((tmp_path / "pipe", "a pipe"), (tmp_path, "a folder"),
                      (Path("/dev/zero"), "a device"), (tmp_path / "large.yaml", "too many"),
                      (tmp_path / "a\0b", "zero byte")):  # fmt: skip
        with pytest.raises(RecipeError, match=why):
            load_recipe(path)
    plain = write(tmp_path, "stage: pretrain")
    for path in (tmp_path / "pipe", tmp_path, "/dev/zero"):
        with pytest.raises(RecipeError, match="this is a"):
            load_recipe(plain, (f"train.scenes={path}",))


def test_a_thousand_mistakes_are_told_in_few_words(tmp_path: Path) -> None:
    keys = ", ".join(f"k{n}: 1" for n in range(1000))
    with pytest.raises(RecipeError, match="and 995 more mistakes") as caught:
        load_recipe(write(tmp_path, f"stage: pretrain\ntrain: {{{keys}}}"))
    assert len(str(caught.value)) < 5000


def mutants(seed: int) -> Iterator[bytes]:
    """Real recipes with bytes changed, cut out, repeated and mixed."""
    draw = random.Random(seed)
    known = [path.read_bytes() for path in RECIPES]
    odd = [b"&a ", b"*a", b"!!set ", b"<<: ", b"? ", b"2020-01-01", b"\x1b", b"\xff", b"[", b"{",
           b"1e999", b"0x", b"- ", b"|\n", b"'", b'"\\uD800"', b"\x00", b"%", b"---\n",
           b"9" * 30, b"~: "]  # fmt: skip
    for _ in range(300):
        text = bytearray(draw.choice(known))
        for _ in range(draw.randint(1, 6)):
            first, second = sorted(draw.randint(0, len(text)) for _ in range(2))
            change = draw.choice(
                [draw.choice(odd), draw.randbytes(draw.randint(1, 4)), text[first:second] * 2]
            )
            text[first : draw.choice([first, second, first + 1])] = change
        yield bytes(text)


def survives(call: Callable[[], object]) -> None:
    """Either it works or it is a RecipeError of one short line, and soon."""
    began, said = time.process_time(), ""
    try:
        call()
    except RecipeError as error:
        said = str(error)
    assert time.process_time() - began < 20
    assert one_line(said) == said
    assert len(said) < 10_000


@pytest.mark.parametrize("seed", range(3))
def test_any_bytes_are_a_recipe_or_a_recipe_error(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "recipe.yaml"
    for data in mutants(seed):
        path.write_bytes(data)
        survives(lambda: load_recipe(path))


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_random_bytes_are_a_recipe_error(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "recipe.yaml"
        path.write_bytes(data)
        survives(lambda: load_recipe(path))
        path.write_bytes(b"stage: pretrain\n" + data)
        survives(lambda: load_recipe(path))


KEYS = sorted({"stage", "store", "a.b.c", "x" * 99} | {
    f"{section}.{key}"
    for section in ("data", "augment", "encoder", "objective", "optim", "train", "probe", "eval")
    for key in Recipe(stage="pretrain").model_dump()[section]
})  # fmt: skip
VALUES = st.text(max_size=60) | st.sampled_from(
    ["", "~", "[" * 99, "{" * 5000, "&a [*a]", "*a", "!!set {a}", "2020-01-01", "1e400", ".nan",
     "-0", "0b_", "[1, 2, 3]", "{name: pointcsp}", "{name: serial, inputs: [xyz]}", "\udcff",
     "a\0b", "/dev/zero", "'\x1b[31m'", "1" * 9999, "[" + "1," * 9000 + "]", "yes", "12:30:45"]
)  # fmt: skip


@given(st.text(max_size=60) | st.tuples(st.sampled_from(KEYS), VALUES).map("=".join))
@settings(max_examples=300)
def test_any_override_is_obeyed_or_a_recipe_error(override: str) -> None:
    survives(lambda: load_recipe(RECIPES[0], (override,)))


@pytest.mark.parametrize(
    "override",
    [".".join("a" * 10_000) + "=1", "." * 10_000 + "=1", "a=" + "[" * 100_000,
     "x" * 1_000_000 + "=1", "stage=" + "x" * 1_000_000, "data=[" + "1," * 100_000 + "]",
     "train={" + ", ".join(f"k{n}: 1" for n in range(20_000)) + "}",
     "train.test_subjects=[" + "x," * 20_000 + "]", "data.points=" + "9" * 100_000],
    ids=range(9),
)  # fmt: skip
def test_a_giant_override_is_a_short_line(override: str) -> None:
    survives(lambda: load_recipe(RECIPES[0], (override,)))


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
