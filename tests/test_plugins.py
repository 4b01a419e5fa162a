from importlib.metadata import EntryPoint

import pytest

from pcv import plugins
from pcv.errors import PluginError
from pcv.plugins import ENCODERS, Plugin, find, installed, load, names

OWN = {"pstnet": int}


def registered(monkeypatch: pytest.MonkeyPatch, *entries: tuple[str, str, str]) -> None:
    """Pretend that packages register values: (name, package, value)."""
    made = tuple(
        Plugin(ENCODERS, name, package, EntryPoint(name, value, ENCODERS))
        for name, package, value in entries
    )
    monkeypatch.setattr(plugins, "installed", lambda group: made if group == ENCODERS else ())


def test_nothing_is_registered_here() -> None:
    assert all(installed(group) == () for group in plugins.GROUPS)
    assert find(ENCODERS, OWN, "pstnet", int) is int
    assert find(ENCODERS, OWN, "unknown", int) is None


def test_a_package_adds_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    registered(monkeypatch, ("voxel", "pcv-voxel", "builtins:bool"))
    assert names(ENCODERS, OWN) == ["pstnet", "voxel"]
    assert find(ENCODERS, OWN, "voxel", int) is bool


@pytest.mark.parametrize(
    ("entries", "name", "said"),
    [
        ([("pstnet", "other", "builtins:int")], "pstnet", "registered by pcv and other; uninstall"),
        (
            [("a", "one", "builtins:int"), ("a", "two", "builtins:int")],
            "a",
            "registered by one and two",
        ),
        ([("a", "one", "nothing.at.all:X")], "a", "of the package one cannot be loaded: ModuleNot"),
        ([("a", "one", "builtins:nothing")], "a", "cannot be loaded: AttributeError"),
        ([("a", "one", "builtins:str")], "a", "is builtins:str, which is not a builtins.int"),
        ([("a", "one", "builtins:len")], "a", "which is not a builtins.int"),
    ],
)
def test_what_clashes_or_is_broken_names_its_package(monkeypatch, entries, name, said) -> None:
    registered(monkeypatch, *entries)
    with pytest.raises(PluginError, match=said) as error:
        find(ENCODERS, OWN, name, int)
    assert "\n" not in str(error.value)


def test_what_a_plugin_raises_while_it_is_imported_is_one_line(tmp_path, monkeypatch) -> None:
    (tmp_path / "raising.py").write_text("raise SystemError('first\\nsecond')")
    monkeypatch.syspath_prepend(tmp_path)
    plugin = Plugin(ENCODERS, "a", "one", EntryPoint("a", "raising:X", ENCODERS))
    with pytest.raises(PluginError, match="SystemError: first second; update or uninstall one"):
        load(plugin, int)
