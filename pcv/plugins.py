"""Readers, encoders and objectives of packages that are installed beside pcv.

A package names them in its ``pyproject.toml`` as entry points of the groups below; the name of an
entry point is what recipes and ``pcv prepare`` call it. Nothing is imported until it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import NamedTuple, TypeVar

from pcv.errors import PluginError

READERS, ENCODERS, OBJECTIVES = "pcv.readers", "pcv.encoders", "pcv.objectives"
GROUPS = {READERS: "reader", ENCODERS: "encoder", OBJECTIVES: "objective"}  # one of them in words
T = TypeVar("T")


class Plugin(NamedTuple):
    """One entry point of a package."""

    group: str
    name: str
    package: str
    entry: EntryPoint


@lru_cache
def installed(group: str) -> tuple[Plugin, ...]:
    """Return what packages register in a group, sorted by name; nothing of them is imported."""
    found = [
        Plugin(group, entry.name, entry.dist.name if entry.dist else entry.module, entry)
        for entry in entry_points(group=group)
    ]
    return tuple(sorted(found, key=lambda plugin: (plugin.name, plugin.package)))


def names(group: str, own: Iterable[str]) -> list[str]:
    """Return all names of a group: pcv's own ones first, then those of other packages."""
    known = list(own)
    return known + sorted({plugin.name for plugin in installed(group)} - set(known))


def find(group: str, own: Mapping[str, type[T]], name: str, parent: type[T]) -> type[T] | None:
    """Return the class that is registered under a name; None where there is none.

    Args:
        group: One of ``GROUPS``.
        own: pcv's own classes.
        name: What a recipe or a command says.
        parent: What the class must derive from.

    Raises:
        PluginError: Two packages register the name, or the class cannot be loaded.
    """
    rivals = [plugin for plugin in installed(group) if plugin.name == name]
    if not rivals:
        return own.get(name)
    packages = ["pcv"] * (name in own) + [plugin.package for plugin in rivals]
    if len(packages) > 1:
        raise PluginError(
            f"the {GROUPS[group]} {name} is registered by {' and '.join(packages)}; "
            f"uninstall {packages[-1]}, or rename its entry point"
        )
    return load(rivals[0], parent)


def imported(path: str, parent: type[T]) -> type[T]:
    """Import the class that a section of a recipe builds.

    Args:
        path: ``module:Class``.
        parent: What the class must derive from.

    Raises:
        PluginError: There is no such class.
    """
    module, _, name = path.partition(":")
    try:
        found = getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise PluginError(f"{path} cannot be imported: {error}") from error
    if not (isinstance(found, type) and issubclass(found, parent)):
        raise PluginError(f"{path} is no {parent.__module__}.{parent.__qualname__}")
    return found


def load(plugin: Plugin, parent: type[T]) -> type[T]:
    """Import the class of an entry point.

    Raises:
        PluginError: The import fails, or the class does not derive from ``parent``.
    """
    what = f"the {GROUPS[plugin.group]} {plugin.name} of the package {plugin.package}"
    try:
        found = plugin.entry.load()
    except Exception as error:  # a package of anyone's may raise anything
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise PluginError(
            f"{what} cannot be loaded: {reason}; update or uninstall {plugin.package}"
        ) from error
    if not (isinstance(found, type) and issubclass(found, parent)):
        raise PluginError(
            f"{what} is {plugin.entry.value}, which is no {parent.__module__}.{parent.__qualname__}"
        )
    return found
