"""What is printed: documents, errors and progress, where there is no terminal."""

import json

import pytest

from pcv.errors import InputError
from pcv_cli import console


def test_a_document_is_json_on_standard_output(capsys) -> None:
    console.print_json({"a": [1, None], "b": 0.5})
    found = capsys.readouterr()
    assert json.loads(found.out) == {"a": [1, None], "b": 0.5}
    assert found.err == ""
    with pytest.raises(ValueError, match="not JSON compliant"):
        console.print_json(float("nan"))


def test_an_error_is_one_line_whatever_is_in_it(capsys) -> None:
    console.print_error(InputError("a [bold]file[/]\nof two lines: [/red]"))
    found = capsys.readouterr()
    assert found.out == ""
    assert found.err == "error: a [bold]file[/] of two lines: [/red]\n"


def test_progress_is_a_line_now_and_then(capsys, monkeypatch) -> None:
    clock = iter([0.0, 1.0, 5.0, 12.0, 15.0])
    monkeypatch.setattr(console.time, "monotonic", lambda: next(clock))
    with console.progress("read") as progress:
        for done in (0, 2, 4, 10):
            progress(done, 10, f"of [group] {done}")
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "read: 0/10, 0.0/s  of [group] 0",  # the first, whenever it comes
        "read: 4/10, 0.4/s, 16 s left  of [group] 4",  # ten seconds later
        "read: 10/10, 0.7/s, 0 s left  of [group] 10",  # the last
    ]


@pytest.mark.parametrize(("goes_on", "end"), [(True, "; the same command goes on"), (False, "\n")])
def test_an_interruption_says_whether_to_call_again(goes_on: bool, end: str, capsys) -> None:
    with (
        pytest.raises(KeyboardInterrupt),
        console.progress("read", goes_on=goes_on),
    ):
        raise KeyboardInterrupt
    assert capsys.readouterr().err.startswith(f"interrupted{end}")
