"""Readers of packages that are installed beside pcv."""

from pathlib import Path

import pytest

from pcv.data.prepare import prepare
from pcv.data.raw import find_reader, reader_names
from pcv.data.raw.build import build_reader
from pcv.data.raw.plugin import package_of
from pcv.data.raw.recognise import list_recordings, recognise
from pcv.data.store.store import open_store
from pcv.errors import InputError, PluginError
from tests.packages import WALKS, install, walks


@pytest.fixture
def added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Installs a package whose module is a variation of the reader of walks."""

    def add(old: str = "", new: str = "", name: str = "walks", package: str = "pcv-walks") -> None:
        source = WALKS.replace(old, new) if old else WALKS
        assert not old or source != WALKS
        install(tmp_path / package, monkeypatch, package, "walks_reader", source,
                {name: "walks_reader:Walks"})  # fmt: skip

    return add


def test_a_reader_of_a_package_is_one_of_many(added, tmp_path: Path) -> None:
    assert find_reader("walks") is None
    added()
    assert reader_names()[-1] == "walks"
    assert package_of("walks") == "pcv-walks"
    kind = find_reader("walks")
    raw = walks(tmp_path / "raw")
    prepare(kind(test=("2",)), raw, tmp_path / "store", points=8)
    store = open_store(tmp_path / "store")
    assert store.attributes["reader"] == {"unit": 1.0, "test": "('2',)", "up_side_down": "False"}
    assert list(store.videos.split) == ["train", "test"]


def test_its_recordings_are_recognised_and_its_options_read(added, tmp_path: Path) -> None:
    raw = walks(tmp_path / "raw")
    with pytest.raises(InputError, match="holds nothing that pcv reads"):
        recognise(raw)
    added()
    assert recognise(raw) == ("walks", raw / "walk1.walk")
    noted = find_reader("walks")(unit=0.5, test=("1",)).settings()
    reader = build_reader("walks", raw, noted, {"up_side_down": "true"})
    assert (reader.unit, reader.up_side_down, reader.test) == (0.5, True, ())
    assert [source.name for source in list_recordings(reader, raw)] == ["walk1", "walk2"]
    with pytest.raises(InputError, match="walks has unit, up_side_down"):
        build_reader("walks", raw, {}, {"test": "1"})
    with pytest.raises(InputError, match="trained on rooms; give rooms"):
        build_reader("walks", raw, {}, {}, rooms=True)
    with pytest.raises(InputError, match=r"choose store, folder, .*, utd, walks"):
        build_reader("pdf", raw, {}, {})


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("(DatasetReader)", "", "which is not a pcv.data.raw.reader.DatasetReader"),
        ('dataset = "walks"', 'dataset = "walk"', "calls its dataset walk; its entry point"),
        ('    example = "pcv prepare walks raw store"\n', "", "Walks has no example"),
        ("def read_video", "def read_movie", "has no read_video"),
        ("@dataclass(frozen=True, config=OPTIONS)", "", "is no dataclass of pydantic"),
        ('("unit", "up_side_down")', '("metres",)', "has no field metres"),
        ("Annotated[float", "Annotated[dict", "has the option --unit of a type that needs"),
        ("(Sign(NAME),)", "(NAME,)", "has signs that are no Sign"),
        ("(Sign(NAME),)", "None", "states its options wrongly: 'NoneType' object is not iterable"),
        ("import re\n", "import nothing_like_it\n", "cannot be loaded: ModuleNotFoundError"),
    ],
)
def test_a_reader_that_cannot_be_used_names_its_package(added, old, new, said, tmp_path) -> None:
    added(old, new)
    with pytest.raises(PluginError, match=said) as error:
        find_reader("walks")
    assert "pcv-walks" in str(error.value)
    assert "\n" not in str(error.value)
    (tmp_path / "a01_s01_e01_sdepth.bin").touch()
    assert recognise(tmp_path / "a01_s01_e01_sdepth.bin").format == "msr"


def test_a_name_that_is_taken_is_refused_where_it_is_asked_for(added, tmp_path: Path) -> None:
    added(name="msr")
    (tmp_path / "a01_s01_e01_sdepth.bin").touch()
    assert recognise(tmp_path / "a01_s01_e01_sdepth.bin").format == "msr"
    for ask in (find_reader, lambda name: build_reader(name, tmp_path, {}, {})):
        with pytest.raises(PluginError, match="registered by pcv and pcv-walks; uninstall"):
            ask("msr")
    assert find_reader("utd")
