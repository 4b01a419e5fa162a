"""The group of commands: one per reader, which is built when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import Any

import typer
from rich.markup import escape
from typer.core import TyperGroup

from pcv.errors import PluginError, one_line


class Commands(MutableMapping[str, Any]):
    """The commands of all readers by name; the readers are imported when one is asked for."""

    def __init__(self) -> None:
        self.built: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - Typer's own kind of command
        if name not in self.built:
            if name not in self._names():
                raise KeyError(name)
            self.built[name] = _build(name)
        return self.built[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names())

    def __len__(self) -> int:
        return len(self._names())

    def __setitem__(self, name: str, command: Any) -> None:  # noqa: ANN401 - Typer's own kind
        self.built[name] = command

    def __delitem__(self, name: str) -> None:
        del self.built[name]

    def _names(self) -> list[str]:
        from pcv.data.raw import reader_names

        return reader_names()


class Datasets(TyperGroup):
    """The group whose commands are those of all readers."""

    def __init__(self, **attributes: Any) -> None:  # noqa: ANN401 - what Typer says
        super().__init__(**attributes)
        self.commands = Commands()


prepare_app = typer.Typer(
    name="prepare",
    cls=Datasets,
    help="Convert raw recordings to a store of Zarr clips.",
    epilog="Example: pcv prepare msr Depth stores/msr --jobs 8",
    no_args_is_help=True,
)


def _build(name: str) -> Any:  # noqa: ANN401 - Typer's own kind of command
    """Build the command of a reader; for one that cannot be used, a command that says why."""
    from pcv.data.raw import READERS, find_reader
    from pcv.data.raw.plugin import package_of
    from pcv_cli.prepare.command import command_of

    alone = typer.Typer(add_completion=False)
    try:
        kind = find_reader(name)
        assert kind is not None
        alone.command(name=name, epilog=f"Example: {escape(kind.example)}")(command_of(kind))
        return typer.main.get_command(alone)
    except PluginError as error:
        return _broken(name, error)
    except Exception as error:  # a package of anyone's may state anything
        if name in READERS:
            raise
        reason = one_line(f"{type(error).__name__}: {error}")
        return _broken(name, PluginError(
            f"the reader {name} of the package {package_of(name)} cannot be used: {reason}"
        ))  # fmt: skip


def _broken(name: str, error: PluginError) -> Any:  # noqa: ANN401 - Typer's own kind of command
    def refuse() -> None:
        raise error

    alone = typer.Typer(add_completion=False)
    anything = {"ignore_unknown_options": True, "allow_extra_args": True}
    alone.command(name=name, help=escape(one_line(error)), context_settings=anything)(refuse)
    return typer.main.get_command(alone)
