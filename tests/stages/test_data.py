from pathlib import Path

import pytest

from pcv.data.raw.msr import MsrAction3d
from pcv.errors import InputError
from pcv.stages.data import People, describe, prepare, synthesise


def test_raw_to_store_to_facts(tmp_path: Path) -> None:
    people = People(actions=1, subjects=1, trials=1)
    assert synthesise(tmp_path / "raw", "msr", people=people, jobs=1) == 1
    options = {"points": 16, "dtype": "int16", "step": 2**-11, "jobs": 0}
    assert prepare(MsrAction3d(), tmp_path / "raw", tmp_path / "store", options).videos == 1
    facts = describe(tmp_path / "store", verify=True)
    assert facts["problems"] == []
    assert "problems" not in describe(tmp_path / "store")


def test_an_unknown_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="avi"):
        synthesise(tmp_path, "avi", people=People())
