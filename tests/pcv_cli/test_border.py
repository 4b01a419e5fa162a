"""How the command ends: one line and an exit code, whatever happened and wherever it prints."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pcv.errors import InputError
from pcv_cli.app import main
from tests.pcv_cli.command import ROOT, pcv

FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")


def shell(command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a line of a shell in which PCV stands for the command."""
    line = command.replace("PCV", f"{sys.executable} -m pcv_cli")
    settings = os.environ | {"NO_COLOR": "1"} | environment
    return subprocess.run(
        ["bash", "-c", line], cwd=ROOT, env=settings, capture_output=True, text=True, timeout=120
    )


def fail_with(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("pcv.stages.data.describe", fail)


@pytest.mark.parametrize(
    "error",
    [KeyError("a [/] b\nc\x1b[31m"), RecursionError("deep"), OSError(5, "I/O error", "x"),
     AssertionError(), UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad")],
)  # fmt: skip
def test_an_unforeseen_error_is_one_line_and_a_file(error, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    fail_with(error, monkeypatch)
    said = pcv("info", "store", code=1)
    (file,) = tmp_path.iterdir()
    assert said.startswith(f"error: pcv failed unexpectedly ({type(error).__name__}")
    assert said.endswith(f"please report it with the file {file}\n")
    assert said.count("\n") == 1
    assert "\x1b" not in said
    text = file.read_text()
    assert "Traceback (most recent call last)" in text
    assert "'info', 'store'" in text


def test_without_a_temporary_folder_the_line_says_how_to_see_the_trace(monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "none"))
    fail_with(KeyError("x"), monkeypatch)
    assert pcv("info", "store", code=1).endswith("with the trace that pcv --debug shows\n")


def test_debug_shows_the_trace(monkeypatch, tmp_path, capsys) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    fail_with(KeyError("x"), monkeypatch)
    monkeypatch.setattr(sys, "argv", ["pcv", "--debug", "info", "store"])
    with pytest.raises(SystemExit) as ended:
        main()
    shown = capsys.readouterr().err
    assert ended.value.code == 1
    assert shown.startswith("Traceback (most recent call last)")
    assert "please report it" in shown.splitlines()[-1]
    assert "Traceback" not in pcv("info", "store", code=1)
    fail_with(InputError("bad"), monkeypatch)
    assert pcv("--debug", "info", "store", code=2) == "error: bad\n"


def test_memory_that_is_not_there_is_one_line_with_the_bytes(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    for error in (MemoryError("Unable to allocate 8.00 TiB for an array"),
                  RuntimeError("not enough memory: you tried to allocate 9 bytes")):  # fmt: skip
        fail_with(error, monkeypatch)
        said = pcv("info", "store", code=1)
        assert said.startswith("error: out of memory: ")
        assert said.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("word", ["[/]", "\x1b[31mred", "a\nb", "x\udcff"])
def test_a_wrong_command_line_is_shown_without_being_obeyed(word: str) -> None:
    for arguments in ((word,), ("info", "store", word), ("report", "x", f"--{word}")):
        assert "\x1b" not in pcv(*arguments, code=2)


@pytest.mark.parametrize("command", ["info {}", "--help"])
def test_an_output_that_is_closed_or_cut_off_is_survived(command: str, store) -> None:
    command = command.format(store.path)
    for line in (f"PCV {command} >&-", f"PCV {command} >&- 2>&- <&-"):
        done = shell(line)
        assert (done.returncode, done.stderr) == (0, ""), line
    for unbuffered in ("", "1"):
        done = shell(f"PCV {command} | true; exit ${{PIPESTATUS[0]}}", PYTHONUNBUFFERED=unbuffered)
        assert done.returncode in (0, 1)
        assert done.stderr == ""


@needs_full
@pytest.mark.parametrize("command", ["info {} --json", "info {}", "--help"])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_an_output_that_is_full_is_one_line(command: str, unbuffered: str, store) -> None:
    done = shell(f"PCV {command.format(store.path)} > /dev/full", PYTHONUNBUFFERED=unbuffered)
    assert done.returncode == 1
    assert done.stderr == "error: standard output cannot be written: No space left on device\n"


@needs_full
def test_an_error_that_nobody_can_read_keeps_its_exit_code() -> None:
    assert shell("PCV info none 2> /dev/full").returncode == 2
    assert shell("PCV info none 2>&-").returncode == 2
    assert shell("PCV nothing 2> /dev/full").returncode == 2


@pytest.mark.parametrize("settings", [{"PYTHONIOENCODING": "ascii"},
                                      {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0",
                                       "PYTHONUTF8": "0"}])  # fmt: skip
def test_names_are_shown_where_the_output_is_ascii(settings: dict[str, str], store) -> None:
    done = shell(r"PCV info $'n\xc3\xb6ne\xff'", **settings)
    assert done.returncode == 2
    assert done.stderr.startswith("error: n")
    assert done.stderr.count("\n") == 1
    assert "\\xff" in done.stderr
    for command in ("prepare msr --help", f"info {store.path}"):
        done = shell(f"PCV {command}", **settings)
        assert (done.returncode, done.stderr) == (0, "")


def test_an_error_of_a_worker_process_has_its_own_exit_code(monkeypatch) -> None:
    trace = "Original Traceback (most recent call last):\n  File x, line 1\n"
    said = "pcv.errors.RawFileError: a.bin: bad; copy it\n"
    told = f"Caught RawFileError in DataLoader worker process 0.\n{trace}{said}"
    fail_with(RuntimeError(told), monkeypatch)
    assert pcv("info", "store", code=2) == "error: a.bin: bad; copy it\n"
