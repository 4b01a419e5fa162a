import json
import os
from pathlib import Path

import pytest

from pcv.errors import InputError
from pcv.train.run import RunFolder, RunInputs, RunResult

RESULT = RunResult(
    stage="probe", recipe="r", seed=0, dataset="d", protocol="strict", init="random",
    steps=3, seconds=1.0, scores={"linear": 0.5},
)  # fmt: skip


def test_a_new_folder_explains_itself(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    assert folder.open("stage: x\n", resume=False) is None
    environment = json.loads((tmp_path / "run/env.json").read_text())
    assert {"python", "versions", "device", "git", "command"} <= set(environment)
    assert (tmp_path / "run/recipe.yaml").read_text() == "stage: x\n"


def test_a_finished_run_gives_its_result_again(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    folder.open("a", resume=False)
    folder.finish(RESULT)
    assert folder.open("a", resume=False) == RESULT
    with pytest.raises(InputError, match="another recipe"):
        folder.open("b", resume=False)


def test_an_unfinished_run_wants_resume(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    folder.open("a", resume=False)
    folder.last.mkdir(parents=True)
    with pytest.raises(InputError, match="--resume"):
        folder.open("a", resume=False)
    assert folder.open("a", resume=True) is None


def test_a_run_refused_at_its_start_leaves_room_for_another_recipe(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    folder.open("a", resume=False)
    folder.write_labelled(["v0\ta"])
    assert folder.open("b", resume=False) is None
    assert {path.name for path in folder.path.iterdir()} == {
        "recipe.yaml",
        "inputs.json",
        "env.json",
    }
    folder.log(1, {"loss": 1.0})
    with pytest.raises(InputError, match="another recipe"):
        folder.open("c", resume=False)


def test_another_folder_is_not_written_to(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(InputError, match="not a run folder"):
        RunFolder(tmp_path).open("a", resume=True)
    with pytest.raises(InputError, match="is a file"):
        RunFolder(tmp_path / "thesis.tex").open("a", resume=True)


def test_metrics_survive_a_cut_line_and_a_resume(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    for step in range(1, 6):
        folder.log(step, {"loss": 1.0 / step})
    with (tmp_path / "metrics.jsonl").open("a") as file:
        file.write('{"step": 6, "lo')
    assert [line["step"] for line in folder.metrics()] == [1, 2, 3, 4, 5]
    folder.forget_after(3)
    folder.log(4, {"loss": 9.0})
    assert [line["loss"] for line in folder.metrics()][2:] == [1 / 3, 9.0]


def test_events_are_written_for_tensorboard(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.log(1, {"loss": 1.0})
    folder.finish(RESULT)
    assert list(tmp_path.glob("events.out.tfevents*"))


def test_a_damaged_result_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "result.json").write_text("{")
    with pytest.raises(InputError, match=r"result\.json: damaged"):
        RunFolder(tmp_path).result()


def test_a_run_goes_on_with_its_own_store_and_start_alone(tmp_path: Path) -> None:
    folder, inputs = RunFolder(tmp_path / "run"), RunInputs(store="a", start="b")
    folder.open("x", inputs, resume=False)
    folder.log(1, {"loss": 1.0})
    assert folder.inputs() == inputs
    assert folder.open("x", inputs, resume=True) is None
    for other in (RunInputs(store="c", start="b"), RunInputs(store="a")):
        with pytest.raises(InputError, match="another recipe"):
            folder.open("x", other, resume=True)
    (folder.path / "inputs.json").write_text('{"store": 3}')
    with pytest.raises(InputError, match=r"inputs\.json: damaged"):
        folder.inputs()


def test_a_run_of_an_older_release_named_its_inputs_in_comments(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    (tmp_path / "recipe.yaml").write_text("# from: runs/a\n# store: stores/b\nstage: probe\n")
    assert folder.inputs() == RunInputs(store="stores/b", start="runs/a")
    (tmp_path / "recipe.yaml").unlink()
    assert folder.inputs() == RunInputs()


def test_a_run_goes_on_with_the_same_content_of_its_store_alone(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    inputs = RunInputs(store="a", content="1")
    folder.open("x", inputs, resume=False)
    folder.log(1, {"loss": 1.0})
    assert folder.open("x", inputs, resume=True) is None
    with pytest.raises(InputError, match="its store a holds other data than when the run began"):
        folder.open("x", RunInputs(store="a", content="2"), resume=True)
    assert folder.open("x", RunInputs(store="a"), resume=True) is None  # the store is away
    assert folder.inputs() == inputs


def test_a_run_that_knows_no_content_goes_on_and_knows_it_from_then_on(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    folder.open("x", RunInputs(store="a"), resume=False)
    folder.log(1, {"loss": 1.0})
    (folder.path / "inputs.json").write_text('{"store": "a", "start": null}')  # as in 0.2
    assert folder.open("x", RunInputs(store="a", content="1"), resume=True) is None
    assert folder.inputs().content == "1"
    with pytest.raises(InputError, match="holds other data"):
        folder.open("x", RunInputs(store="a", content="2"), resume=True)


@pytest.mark.parametrize("name", ["result.json", "inputs.json"])
def test_what_is_no_file_is_no_result(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    folder = RunFolder(tmp_path)
    with pytest.raises(InputError, match=f"{name}: damaged: this is a pipe"):
        folder.result() if name == "result.json" else folder.inputs()


def test_a_recipe_that_is_no_file_or_no_plain_yaml_is_empty(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "recipe.yaml")
    assert RunFolder(tmp_path).recipe() == {}
    (tmp_path / "recipe.yaml").unlink()
    (tmp_path / "recipe.yaml").write_text("[" * 10_000)
    assert RunFolder(tmp_path).recipe() == {}


def test_lines_of_metrics_that_hold_no_step_are_left_out(tmp_path: Path) -> None:
    lines = b'{"step": 1, "loss": 2.0}\n[1]\n"x"\n{}\n\xff\n{"step": 2}\n{"step"'
    (tmp_path / "metrics.jsonl").write_bytes(lines)
    assert RunFolder(tmp_path).metrics() == [{"step": 1, "loss": 2.0}, {"step": 2}]
