import tomllib
from pathlib import Path

import pcv
from pcv.version import __version__


def test_the_version_is_that_of_the_project() -> None:
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]
    assert project["version"] == __version__ == pcv.__version__
