"""The program as a whole: its help, its version, and how it ends."""

import json

import pytest

from pcv.errors import InputError, InterruptedRunError
from tests.pcv_cli.command import pcv, words


@pytest.mark.parametrize(
    "command",
    ["", "prepare", "prepare msr", "prepare utd", "prepare kitti", "prepare synthia",
     "prepare folder", "synth", "info", "pretrain", "finetune", "probe",
     "eval", "report", "doctor"],
)  # fmt: skip
def test_help_has_an_example_at_every_level(command: str) -> None:
    assert "Example:" in pcv(*command.split(), "--help")


def test_json_of_doctor_is_a_document() -> None:
    facts = json.loads(pcv("doctor", "--json"))
    assert facts["ok"] is True


def test_version() -> None:
    assert pcv("--version").startswith("pcv 0.")


@pytest.mark.parametrize("command", ["view", "teach", "predict", "export"])
def test_help_of_other_commands_has_an_example(command: str) -> None:
    assert "Example" in pcv(command, "--help")


@pytest.mark.parametrize("error", [InputError("two\nlines [red]"), InterruptedRunError("stopped")])
def test_an_error_is_one_line_and_its_exit_code(error, monkeypatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("pcv.stages.data.describe", fail)
    said = pcv("info", "store", code=error.exit_code)
    assert said == f"error: {' '.join(str(error).split())}\n"


def test_an_unknown_command_is_refused() -> None:
    said = words(pcv("prepair", code=2))
    assert "No such command 'prepair'. Did you mean 'prepare'" in said
