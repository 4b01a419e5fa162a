"""The list of datasets: pcv's own, and those of packages that are installed beside it."""

import json
from pathlib import Path

import pytest

from pcv.data.raw import READERS
from tests.packages import WALKS, install, walks
from tests.pcv_cli.command import pcv, words


@pytest.fixture
def add(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Installs a package beside pcv for one test."""

    def added(name: str, source: str = WALKS, package: str = "pcv-walks") -> None:
        module = f"{package.replace('-', '_')}_reader"
        install(tmp_path / package, monkeypatch, package, module, source, {name: f"{module}:Walks"})

    return added


def test_all_datasets_are_listed_in_their_order() -> None:
    shown = pcv("prepare", "--help")
    found = [line.split()[1] for line in shown.splitlines() if line.startswith("│ ")]
    assert [name for name in found if name in READERS] == [*READERS]
    assert "MSRAction-3D: aAA_sSS_eEE_sdepth.bin, as published." in shown


def test_a_name_that_is_nearly_one_is_suggested() -> None:
    assert "Did you mean 'msr'?" in pcv("prepare", "msrr", code=2)
    assert "No such command" in pcv("prepare", "pdf", code=2)


def test_a_dataset_of_a_package_is_prepared_like_any_other(add, tmp_path: Path) -> None:
    add("walks")
    assert "Walks [of one package]: walkN.walk." in pcv("prepare", "--help")
    shown = words(pcv("prepare", "walks", "--help"))
    for said in ("--up-side-down", "Who [so].", "[default: 16]", "Example: pcv prepare"):
        assert said in shown
    raw, store = walks(tmp_path / "raw"), tmp_path / "store"
    pcv("prepare", "walks", raw, store, "--test", "2", "--unit", "0.5", "--jobs", 1)
    facts = json.loads(pcv("info", store, "--verify", "--json"))
    assert (facts["dataset"], facts["videos"], facts["points"]) == ("walks", 2, 16)
    assert facts["splits"] == {"test": 1, "train": 1}
    assert facts["problems"] == []
    (raw / "walk3.walk").write_text("one two")
    said = pcv("prepare", "walks", raw, tmp_path / "b", "--jobs", 1, code=2)
    assert "walk3.walk: no walk; leave it out" in said
    refused = pcv("prepare", "walks", raw, store, "--unit", 0.0, code=2)
    assert "Invalid value for '--unit'" in words(refused)


@pytest.mark.parametrize(
    ("name", "source", "said"),
    [
        ("walks", WALKS.replace("import re", "import nothing_at_all"), "cannot be loaded: Module"),
        (
            "walks",
            WALKS.replace("(DatasetReader)", ""),
            "is not a pcv.data.raw.reader.DatasetReader",
        ),
        ("walks", WALKS.replace("up_side_down", "limit"), "cannot be used: ValueError: duplicate"),
        (
            "walks",
            WALKS.replace("Annotated[float", "Annotated[dict"),
            "needs the mark Text",
        ),
        ("walks", WALKS.replace("example =", "sample ="), "has no example"),
        ("utd", WALKS, "the reader utd is registered by pcv and pcv-walks"),
    ],
)
def test_a_broken_package_breaks_nothing_else(name, source, said, add, tmp_path: Path) -> None:
    add(name, source)
    shown = words(pcv("prepare", "--help"))
    assert "pcv-walks" in shown
    assert all(f" {other} " in shown for other in READERS)
    assert said in words(pcv("prepare", name, "--help"))
    raw, out = tmp_path / "raw", tmp_path / "out"
    for arguments in ((), (raw, out), (raw, out, "--points", 3)):
        lines = pcv("prepare", name, *arguments, code=1).strip().splitlines()
        assert len(lines) == 1
        assert said in lines[0]
        assert "pcv-walks" in lines[0]
    assert "no such folder" in pcv("prepare", "msr", tmp_path / "none", out, code=2)


def test_two_packages_of_one_name_are_both_told(add) -> None:
    add("walks")
    add("walks", package="other-walks")
    said = "the reader walks is registered by other-walks and pcv-walks; uninstall pcv-walks"
    assert said in words(pcv("prepare", "walks", code=1))
