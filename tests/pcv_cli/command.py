"""The command line, run as the installed script would be."""

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from pcv_cli.app import main

ROOT = Path(__file__).parents[2]


def pcv(*arguments: object, code: int = 0) -> str:
    """Run a command in this process, as the installed script would; returns what it printed."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["pcv", *map(str, arguments)])
        patch.setenv("NO_COLOR", "1")
        patch.chdir(ROOT)
        with redirect_stdout(out), redirect_stderr(err):
            try:
                main()
                ended: object = 0
            except SystemExit as error:
                ended = error.code or 0
    assert ended == code, out.getvalue() + err.getvalue()
    assert "Traceback" not in err.getvalue()
    return out.getvalue() if code == 0 else err.getvalue()


def words(shown: str) -> str:
    """What was printed, without the boxes and line ends that depend on the terminal."""
    return " ".join(shown.replace("│", " ").split())
